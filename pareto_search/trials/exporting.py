"""From a finished trial to a model: its files, where it comes from, and how it is served.

Which files of a checkpoint make a model only the trainable knows. What it does not say, it may
leave out: without `export` the checkpoint itself is taken, without `serving` nobody can call it.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pareto_search.errors import ParetoSearchError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord
from pareto_search.trials.params import trial_params
from pareto_search.trials.resolving import resolve_trainable

PICK_FILE = "pick.json"
README = "README.md"


@runtime_checkable
class Exports(Protocol):
    """A trainable that knows which files of a checkpoint make a model."""

    def export(self, checkpoint: Path, params: dict[str, Any], out: Path) -> None:
        """Write the model of `checkpoint`, trained with `params`, into the empty folder `out`."""
        ...


@runtime_checkable
class Serves(Protocol):
    """A trainable whose exported models MLflow can load and call (`mlflow.pyfunc`)."""

    def serving(self, bundle: Path) -> Mapping[str, Any]:
        """How the exported model in the folder `bundle` is loaded and called, as JSON values.

        ``loader``: a module with ``_load_pyfunc(path)``, which answers with an object that has
        ``predict(model_input, params)``. ``inputs`` and ``outputs``: ``dtype`` and ``shape`` of
        the arrays that go in and come out; -1 where a size is free. ``params``: each with its
        default. ``requirements``: packages as pip names them. ``metadata``: anything else.
        """
        ...


def write_bundle(directory: SweepDirectory, record: TrialRecord, out: Path, reason: str) -> None:
    """Write the model of the trial `record` into the empty folder `out`.

    A trainable that `Exports` is called with the nested parameters of the trial, else the
    checkpoint is copied. `pick.json` says where the model comes from, and so does `README.md`
    unless the trainable wrote its own.

    Raises:
        ParetoSearchError: the trial left no checkpoint, or it could not be exported.
    """
    _write_model(directory, record, checkpoint_of(directory, record), out)
    origin = origin_of(directory, record, reason)
    (out / PICK_FILE).write_text(json.dumps(origin, indent=2) + "\n")
    if not (out / README).exists():
        (out / README).write_text(_readme(origin))


def is_served(directory: SweepDirectory) -> bool:
    """Whether models of the sweep in `directory` can be loaded and called by MLflow.

    Raises:
        RecipeError: its trainable cannot be found.
    """
    trainable: object = resolve_trainable(directory.config().trainable)
    return isinstance(trainable, Exports) and isinstance(trainable, Serves)


def serving_of(directory: SweepDirectory, bundle: Path) -> Mapping[str, Any] | None:
    """How the model in the folder `bundle` is loaded and called, see `Serves`; None: not at all.

    Raises:
        ParetoSearchError: the trainable cannot be found, or could not say it.
    """
    name = directory.config().trainable
    trainable: object = resolve_trainable(name)
    if not isinstance(trainable, Serves):
        return None
    try:
        return trainable.serving(bundle)
    except Exception as error:
        raise ParetoSearchError(
            f"The trainable {name} could not say how its model in {bundle} is called: "
            f"{type(error).__name__}: {error}"
        ) from error


def checkpoint_of(directory: SweepDirectory, record: TrialRecord) -> Path:
    """Where the last checkpoint of the trial `record` lies.

    Raises:
        ParetoSearchError: it saved none, or it was removed.
    """
    if record.checkpoint is None:
        raise ParetoSearchError(
            f"Trial {record.uid} left no checkpoint to export. Pass `save` to `report` in the "
            "trainable and run the sweep again."
        )
    place = directory.path / record.checkpoint  # an absolute one stays as it is
    if not place.exists():
        raise ParetoSearchError(
            f"The checkpoint of trial {record.uid} should lie at {place}. Found nothing there. "
            "Put it back, or pick another trial with --where."
        )
    return place


def origin_of(directory: SweepDirectory, record: TrialRecord, reason: str) -> dict[str, Any]:
    """Where a model comes from, as JSON values: sweep, trial, numbers, reason, versions."""
    config, facts = directory.config(), directory.facts()
    return {
        "sweep": directory.name,
        "trial": record.uid,
        "reason": reason,
        "objectives": {
            o.name: {"value": record.values[o.name], "direction": o.direction}
            for o in config.objectives
        },
        "metrics": {k: v if abs(v) < float("inf") else None for k, v in record.metrics.items()},
        "step": record.step,
        "trainable": config.trainable,
        "point": dict(record.proposal.point),
        "params": trial_params(config, record.proposal.point, record.proposal.repeat),
        "mlflow_run": directory.runs().get(record.uid),
        # a bundle is given to others, whom this machine's folders and commands do not concern
        "facts": {key: fact for key, fact in facts.items() if key not in ("cwd", "command")},
    }


def _write_model(
    directory: SweepDirectory, record: TrialRecord, checkpoint: Path, out: Path
) -> None:
    config = directory.config()
    trainable: object = resolve_trainable(config.trainable)
    if not isinstance(trainable, Exports):
        _copy(checkpoint, out)
        return
    try:
        params = trial_params(config, record.proposal.point, record.proposal.repeat)
        trainable.export(checkpoint, params, out)
    except Exception as error:
        raise ParetoSearchError(
            f"The trainable {config.trainable} could not export the checkpoint {checkpoint}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _copy(checkpoint: Path, out: Path) -> None:
    try:
        if checkpoint.is_dir():
            shutil.copytree(checkpoint, out, dirs_exist_ok=True)
        else:
            shutil.copy2(checkpoint, out)
    except OSError as error:
        raise ParetoSearchError(
            f"The checkpoint {checkpoint} should be copied into the bundle. Found "
            f"{type(error).__name__}: {error}. Make it readable and room for it, then pick again."
        ) from error


def _readme(origin: dict[str, Any]) -> str:
    numbers = [
        *(f"| {name} ({o['direction']}) | {o['value']:.6g} |"
          for name, o in origin["objectives"].items()),
        *(f"| {name} | {'not finite' if value is None else f'{value:.6g}'} |"
          for name, value in origin["metrics"].items()),
    ]  # fmt: skip
    point = [f"| {key} | {value} |" for key, value in origin["point"].items()]
    return "\n".join(
        [
            f"# Trial {origin['trial']} of sweep {origin['sweep']}",
            "",
            origin["reason"],
            "",
            f"Written by `pareto-search` from `{origin['trainable']}` after step "
            f"{origin['step']}; everything about its origin is in `{PICK_FILE}`.",
            "",
            "| reported | value |",
            "| --- | --- |",
            *numbers,
            "",
            "| parameter | value |",
            "| --- | --- |",
            *point,
            "",
        ]
    )
