"""Everything about a sweep that can be found wrong before its first trial starts.

A trainable may carry two hooks, as attributes of its callable; both are given the nested
parameters of a trial::

    train.check = lambda params: ["`epochs` should be at least 1. Found `epochs = 0`."]
    train.describe = lambda params: {"data_digest": "..."}

and say what no search may vary, see `pareto_search.trials.fixed`::

    train.fixed = ("data", "evaluation")

On a cluster another hook says which files and folders a trial with these parameters reads, so that
every node is asked for them before the first trial::

    train.reads = lambda params: ["/data/brats2018"]

(`export` and `serving` are described in `pareto_search.trials.exporting`.)
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers import problem_of
from pareto_search.searchers.encoding import uniform_point
from pareto_search.space import Choice, Point, Scalar, Space, active, digest
from pareto_search.trials.fixed import varied_though_fixed
from pareto_search.trials.params import trial_params
from pareto_search.trials.resolving import resolve_trainable
from pareto_search.trials.speaking import heard

_DRAWS = 2000
"""Random points of which one at least should keep to the constraints on the space."""

__all__ = ["Checks", "Describes", "check_sweep", "probing_points", "resolve_trainable"]


@runtime_checkable
class Checks(Protocol):
    """A trainable that can tell what is wrong with its parameters, or the data they name."""

    def check(self, params: dict[str, Any]) -> Sequence[str]:
        """One sentence for each problem of `params`; empty where there is none.

        A check that raises has found one problem: its message, after the exception's name.
        """
        ...


@runtime_checkable
class Describes(Protocol):
    """A trainable that can tell what to record about its data and itself."""

    def describe(self, params: dict[str, Any]) -> Mapping[str, Any]:
        """Facts as JSON: digests, counts, versions."""
        ...


def check_sweep(config: SweepConfig) -> dict[str, Any]:
    """What the trainable describes of itself; empty where it describes nothing.

    Its `check` is called at every baseline and at the `probing_points` of the space that its
    constraints allow, so a key it does not know, a range it does not admit, or one that it fixes
    is found before a trial starts.

    Raises:
        RecipeError: the trainable cannot be found, or it or a hook finds something wrong.
    """
    trainable: object = resolve_trainable(config.trainable)
    with heard(config.trainable):
        return _ask(trainable, config)


def _ask(trainable: object, config: SweepConfig) -> dict[str, Any]:
    points, problems = _points_to_check(config)
    problems += [
        *varied_though_fixed(trainable, config),
        *_complaints(trainable, config, points),
    ]
    if problems:
        raise RecipeError(problems)
    if not isinstance(trainable, Describes):
        return {}
    params = trial_params(config, points[0])
    try:
        return dict(trainable.describe(params))
    except Exception as error:  # user code: whatever it raises means it cannot be used
        rule = "`describe` of the trainable should return facts."
        raise RecipeError([Problem(rule, f"Found {_told(error)}", config.trainable)]) from error


def _points_to_check(config: SweepConfig) -> tuple[list[Point], list[Problem]]:
    """Where to call `check`, and what is wrong with the constraints if that is nowhere."""
    problem, generator = problem_of(config), np.random.default_rng(0)
    drawn = (uniform_point(config.space, generator) for _ in range(_DRAWS))
    inside = next((point for point in drawn if problem.allows(point)), None)
    probed = [point for point in probing_points(config.space) if problem.allows(point)]
    if inside is not None:
        return [*config.baselines, *(probed or [inside])], []
    texts = ", ".join(f"`{constraint.text}`" for constraint in problem.parameter_constraints)
    rule = "Constraints on the space should leave some of it."
    found = f"Found none of {_DRAWS} random points within {texts}."
    hint = "Relax one, or narrow the space instead."
    return [*config.baselines], [Problem(rule, found, "constraints", hint)]


def probing_points(space: Space) -> list[dict[str, Scalar]]:
    """Points that together hold each end of every range and each value of every choice.

    The corner of all low ends comes first, then that of all high ends; the others differ from the
    low corner in what it takes to make one parameter active and give it one value. No two are
    equal. A parameter whose conditions contradict each other is in none.
    """
    ends = {key: _ends(space, key) for key in space}
    low = {key: values[0] for key, values in ends.items()}
    corners = [low, {key: values[-1] for key, values in ends.items()}]
    others = [
        {**low, **_conditions(space, key), key: value} for key in space for value in ends[key]
    ]
    points = [active(space, values) for values in [*corners, *others]]
    return list({digest(point): point for point in points}.values())


def _ends(space: Space, key: str) -> tuple[Scalar, ...]:
    parameter = space[key]
    if isinstance(parameter, Choice):
        return parameter.values
    return (parameter.low, parameter.high)


def _conditions(space: Space, key: str) -> dict[str, Scalar]:
    """Values of the ancestors of `key` that make it active."""
    values: dict[str, Scalar] = {}
    for parent, wanted in space[key].when.items():
        values |= {**_conditions(space, parent)}
        values[parent] = wanted[0] if isinstance(wanted, list) else wanted
    return values


def _complaints(
    trainable: object, config: SweepConfig, points: Sequence[Point]
) -> Iterator[Problem]:
    """Each distinct sentence of the trainable's `check`; says where, if not met everywhere."""
    if not isinstance(trainable, Checks):
        return
    met: dict[str, list[Point]] = {}
    for point in points:
        params = trial_params(config, point)
        for sentence in dict.fromkeys(_sentences(trainable, params)):
            met.setdefault(sentence, []).append(point)
    for sentence, where in met.items():
        hint = f"Seen at {json.dumps(dict(where[0]))}." if len(where) < len(points) else ""
        yield Problem(sentence, "", key=config.trainable, hint=hint)


def _sentences(trainable: Checks, params: dict[str, Any]) -> Sequence[str]:
    try:
        return trainable.check(params) or ()
    except Exception as error:  # noqa: BLE001  user code: to raise is to find a problem
        return [_told(error)]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
