"""Bayesian optimisation with Gaussian processes over mixed and conditional spaces."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pareto_search.errors import SearcherError
from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.encoding import choice_index, from_unit, is_free, to_unit
from pareto_search.searchers.optuna_study import distribution_of, quiet
from pareto_search.searchers.priors import likely_point
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.searchers.roster import Roster, proposal_seeds
from pareto_search.space import (
    Choice,
    Parameter,
    Point,
    Scalar,
    Space,
    active,
    is_named,
    parents_first,
)

if TYPE_CHECKING:
    from pareto_search.searchers.gp_model import Evidence, FullSpace

Row = npt.NDArray[np.float64]


class GpSearcher:
    """Holds each trial's row, its outcome, and the roster of all trials.

    The processes model one full space, in which an inactive parameter has a value of its own (the
    middle of its range, the first of its choices); a proposal is judged as the point that it
    stands for. The first proposals, until `startup` trials are complete, are random.

    A stopped or infeasible trial teaches only that trials do not complete where it was; a lost one
    is forgotten. Nothing is kept between proposals, so each fits its processes anew: about a second
    at a hundred trials, several at some hundreds.

    Raises:
        SearcherError: PyTorch is not installed.
    """

    def __init__(self, config: SearcherConfig, problem: SearchProblem, seed: int) -> None:
        _check_torch()
        self._startup = config.startup
        self._problem = problem
        self._seed = seed
        self._roster = Roster(problem)
        self._keys = _columns(problem.space)
        self._running: dict[int, Row] = {}
        self._ended: list[tuple[Row, Outcome]] = []
        self._num_complete = 0

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`; one no trial had, as long as there is one."""
        seeds = proposal_seeds(self._seed, index)
        ranked: list[Iterator[dict[str, Scalar]]] = []

        def draw(seed: int) -> dict[str, Scalar]:
            if self._num_complete < self._startup or not self._keys:
                return likely_point(self._problem.space, np.random.default_rng(seed))
            if not ranked:
                ranked.append(self._ranked(seeds[0]))
            return next(ranked[0])

        point = self._roster.unseen(draw, seeds)
        self.adopt(index, point)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        self._roster.begin(index, point)
        self._running[index] = np.array(
            [_number(self._problem.space[key], point.get(key)) for key in self._keys]
        )

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks finite losses.
        """
        losses = self._roster.end(index, outcome)
        row = self._running.pop(index)
        self._num_complete += losses is not None
        if outcome.state is not TrialState.FAILED or outcome.is_infeasible:
            self._ended.append((row, outcome))

    def _ranked(self, seed: int) -> Iterator[dict[str, Scalar]]:
        """Points that are allowed and likely to complete, the best first, then any."""
        with quiet():  # how it optimises is noted at the first import
            from pareto_search.searchers.gp_candidates import candidates

        point: dict[str, Scalar] = {}
        for row in candidates(self._full_space(), self._evidence(), seed):
            point = self._point(row)
            if self._problem.allows(point) and self._roster.is_likely(point):
                yield point
        while True:
            yield point

    def _evidence(self) -> "Evidence":
        from pareto_search.searchers.gp_model import Evidence

        completed = np.array([o.state is TrialState.COMPLETE for _, o in self._ended])
        rows = np.array([row for row, _ in self._ended])
        known = [outcome for _, outcome in self._ended if outcome.state is TrialState.COMPLETE]
        return Evidence(
            rows=rows[completed],
            losses=np.array([outcome.losses for outcome in known], dtype=float),
            violations=np.array([outcome.violations for outcome in known], dtype=float),
            ended=rows,
            completed=completed,
            running=np.array(list(self._running.values())).reshape(-1, len(self._keys)),
        )

    def _full_space(self) -> "FullSpace":
        from pareto_search.searchers.gp_model import FullSpace

        space = self._problem.space
        conditions = [(place, space[key].when) for place, key in enumerate(self._keys)]
        needs = [
            (place, [(self._keys.index(k), _wanted(space[k], w)) for k, w in when.items()])
            for place, when in conditions
            if when
        ]
        padding = np.array([_number(space[key], None) for key in self._keys])
        return FullSpace({k: distribution_of(space[k]) for k in self._keys}, padding, needs)

    def _point(self, row: Row) -> dict[str, Scalar]:
        space = self._problem.space
        values = {key: from_unit(parameter, 0.5) for key, parameter in space.items()}
        values |= {k: _value(space[k], float(n)) for k, n in zip(self._keys, row, strict=True)}
        return active(space, values)


def _columns(space: Space) -> list[str]:
    """The keys that are free or that others depend on, parents first."""
    parents = {parent for parameter in space.values() for parent in parameter.when}
    return [key for key in parents_first(space) if is_free(space[key]) or key in parents]


def _number(parameter: Parameter, value: Scalar | None) -> float:
    """The place of a choice, the unit of a number; where it is inactive, the first, the middle."""
    if isinstance(parameter, Choice):
        return 0.0 if value is None else float(choice_index(parameter, value))
    return to_unit(parameter, from_unit(parameter, 0.5) if value is None else value)


def _value(parameter: Parameter, number: float) -> Scalar:
    if isinstance(parameter, Choice):
        return parameter.values[round(number)]
    return from_unit(parameter, min(max(number, 0.0), 1.0))


def _wanted(parameter: Parameter, wanted: Scalar | list[Scalar]) -> Row:
    """The numbers of the values of `parameter` that a condition names."""
    if isinstance(parameter, Choice):
        named = [value for value in parameter.values if is_named(wanted, value)]
    else:
        listed = wanted if isinstance(wanted, list) else [wanted]
        named = [value for value in listed if parameter.contains(value)]
    return np.array([_number(parameter, value) for value in named])


def _check_torch() -> None:
    if find_spec("torch") is None:
        raise SearcherError(
            "`kind: gp` should have PyTorch, which its processes are fitted with. Found none. "
            "Install it (`pip install torch`; the CPU build will do), or choose `kind: tpe`."
        )
