"""A trial inside its worker process: dotted path to a function that Ray Tune can run.

Whatever the user's code raises ends its own trial with a message and is never run again: the
same parameters would fail the same way. Only the loss of a worker is Ray's to retry.

What a trainable is given to report with is also asked whether the machine will vanish soon::

    if report.leaving():
        report.leave(save)

`save` writes the state of any step; the trial carries on from it on another machine. A trainable
that never asks leaves with what it saved last, at its next report that saves.
"""

import random
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import ray
from ray import tune

from pareto_search.errors import UnreachableError
from pareto_search.execution.notice import is_leaving
from pareto_search.execution.outputs import printing_to
from pareto_search.execution.probing import enter, unreadable
from pareto_search.execution.system_metrics import SystemMetrics
from pareto_search.recipe.config import SweepConfig
from pareto_search.trials.params import trial_params
from pareto_search.trials.preflight import resolve_trainable

FAILURE = "failure"
"""Key of a result that says what the trainable raised, in place of metrics."""

LEAVING = "leaving"
"""Key of a result that says that the trial leaves its machine, in place of metrics."""

UNREAD = "should have the data. It cannot read"
UNSHARED = "should share the storage. It has no"
"""What is said of a node that lacks them."""

Save = Callable[[Path], None]


class LeftError(BaseException):
    """The trial has left its machine: its worker ends. No trainable should catch it."""


def make_ray_trainable(
    config: SweepConfig,
    started_in: str,
    outputs: Path,
    described: Mapping[str, Any] | None = None,
) -> Callable[[dict[str, Any]], None]:
    """The function Ray runs for each trial of `config`.

    Its argument is ``{"uid": ..., "point": ..., "repeat": ..., "checkpoint": path or None}``.
    A trial works in the folder `started_in`, where its node has that; what it prints goes to a
    file of its name in `outputs`. `described` is what the trainable said of its data when the sweep
    began.
    """
    settings = config.model_dump_json(by_alias=True)

    def run_trial(assignment: dict[str, Any]) -> None:
        enter(started_in)
        _check_storage(outputs.parent)
        with printing_to(outputs / f"{assignment['uid']}.txt"):
            _run(SweepConfig.model_validate_json(settings), assignment, described or {})

    return run_trial


def _run(config: SweepConfig, assignment: Mapping[str, Any], described: Mapping[str, Any]) -> None:
    if is_leaving():  # Ray had placed it here before it was told
        _leave()
    seed = config.seeds.sweep + assignment["repeat"]
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  the trainable may use the global one
    params = trial_params(config, assignment["point"], assignment["repeat"])
    try:
        train = resolve_trainable(config.trainable)
        _check_node(train, params)
        train(params, _Report(config, described), _checkpoint(assignment))
    except UnreachableError:  # of `_check_node`: Tune begins the trial again elsewhere
        raise
    except Exception as error:  # noqa: BLE001  user code: whatever it raises ends this trial only
        _report_failure(error)
    except SystemExit as error:
        if not error.code:  # how Ray ends a trial that it stops
            raise
        _report_failure(error)


def _check_storage(folder: Path) -> None:
    """A node that joined after the sweep had begun was not asked then.

    Raises:
        UnreachableError: the sweep's `folder` there is not the sweep's.
    """
    if not (folder / "sweep.json").exists():
        raise UnreachableError(f"Node {_this_node()} {UNSHARED} {folder}/sweep.json.")


def _check_node(trainable: object, params: dict[str, Any]) -> None:
    """The same for what a trial reads.

    Raises:
        UnreachableError: the node cannot read the data, for which no parameter is to blame.
    """
    if missing := unreadable(trainable, params):
        raise UnreachableError(
            f"Node {_this_node()} {UNREAD} {', '.join(missing)}. Mount it there at that path."
        )


def _this_node() -> str:
    return str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]


def _checkpoint(assignment: Mapping[str, Any]) -> Path | None:
    """What to carry on from: Ray's own after a lost worker, the assignment's after a resume."""
    kept = tune.get_checkpoint()
    place = kept.path if kept else assignment["checkpoint"]
    return Path(place) if place else None


class _Report:
    """What the trainable calls after each step. Held: the names of the objectives.

    `described` is what the trainable said of its data when the sweep began.
    """

    def __init__(self, config: SweepConfig, described: Mapping[str, Any]) -> None:
        self.described = described
        self._objectives = [objective.name for objective in config.objectives]
        self._system = SystemMetrics() if config.tracking.system_metrics else None

    def __call__(self, metrics: Mapping[str, float], step: int, save: Save | None = None) -> None:
        """Hand `metrics` of `step` to the sweep.

        Raises:
            ValueError: an objective is missing, which would be as useless at the last step.
        """
        missing = [name for name in self._objectives if name not in metrics]
        if missing:
            raise ValueError(
                f"A report should hold every objective. The one of step {step} lacks the "
                f"objective `{'`, `'.join(missing)}`; it holds {sorted(metrics)}."
            )
        system = self._system.sample() if self._system else {}
        found = {key: float(value) for key, value in {**system, **metrics}.items()}
        result = {"step": int(step), "metrics": found}
        if save is None:
            tune.report(result)
            return
        _report_saved(result, save)
        if self.leaving():
            _leave()

    def leaving(self) -> bool:
        """Whether this machine will vanish soon; cheap enough to be asked at every step."""
        return is_leaving()

    def leave(self, save: Save) -> NoReturn:
        """End here, and carry on elsewhere from what `save` writes."""
        _leave(save)


def _report_saved(result: Mapping[str, Any], save: Save) -> None:
    """Hand `result` to Ray with the state behind it; both are kept when this returns."""
    with tempfile.TemporaryDirectory() as place:
        save(Path(place))
        tune.report(dict(result), checkpoint=tune.Checkpoint.from_directory(place))


def _leave(save: Save | None = None) -> NoReturn:
    """Say that the trial leaves, with its state if there is any since its last report."""
    if save is None:
        tune.report({LEAVING: True})
    else:
        _report_saved({LEAVING: True}, save)
    raise LeftError("The trial carries on on another machine.")


def _report_failure(error: BaseException) -> None:
    failure = {
        "error": _describe(error),
        "traceback": traceback.format_exc(),
        "infeasible": _is_infeasible(error),
        "lost": isinstance(error, UnreachableError) or getattr(error, "is_lost", False) is True,
    }
    tune.report({FAILURE: failure})


def _is_infeasible(error: BaseException) -> bool:
    """Whether the trial's parameters are to blame: the error says so, or memory ran out.

    Errors of libraries that are not imported here are known by their names.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    said = getattr(error, "is_infeasible", False)
    return said is True or not names.isdisjoint({"MemoryError", "OutOfMemoryError"})


def _describe(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
