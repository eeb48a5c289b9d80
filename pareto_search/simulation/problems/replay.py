"""A finished sweep as a problem: what its trials reported, for another searcher or scheduler."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pareto_search.errors import Problem, RecipeError
from pareto_search.objective import Objective
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.encoding import to_unit
from pareto_search.searchers.protocol import TrialState
from pareto_search.simulation.problem import InfeasiblePointError
from pareto_search.space import Choice, Point, Scalar, Space, digest
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord
from pareto_search.storage.reports import ReportLine


@dataclass(frozen=True)
class Replay:
    """Any point behaves as the evaluated point **nearest** to it did.

    So every searcher can propose what it likes, and none can find what was not found before: a
    replay compares searchers and schedulers on one landscape, it does not say how good either
    could become. The nearer the evaluated points lie, the truer it is.

    Near is the Euclidean distance in the unit cube (logarithmic where the parameter is); another
    choice, or a parameter that only one of two points has, counts as 1. Of trials at one point
    (repeats) the trial's seed takes one. A trial reports what the recorded one did, when it did,
    counted by report (1, 2, ...); after its last report it stands still. Points that failed by
    themselves fail again after the same time. Trials that were stopped early, or whose worker was
    lost, are left out: nobody knows how they would have gone on.
    """

    config: SweepConfig
    _lives: "tuple[_Life, ...]" = field(repr=False)
    _nearest: "dict[str, list[_Life]]" = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The sweep's."""
        return self.config.name

    @property
    def space(self) -> Space:
        """The sweep's."""
        return self.config.space

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The sweep's."""
        return self.config.objectives

    @property
    def constraints(self) -> tuple[str, ...]:
        """The sweep's."""
        return self.config.constraints

    @property
    def steps(self) -> int:
        """The most reports that a trial made."""
        return max(len(life.reports) for life in self._lives)

    def evaluate(self, point: Point, step: int, seed: int) -> dict[str, float]:
        """What the nearest trial reported at its report number `step`.

        Raises:
            InfeasiblePointError: it failed by itself, having reported no more.
        """
        life = self._life(point, seed)
        if step > len(life.reports) and life.error is not None:
            raise InfeasiblePointError(life.error)
        return dict(life.reports[min(step, len(life.reports)) - 1])

    def duration_s(self, point: Point, step: int, seed: int) -> float:
        """When, after its start, the nearest trial made its report number `step`, or ended."""
        life = self._life(point, seed)
        return life.times_s[step - 1] if step <= len(life.times_s) else life.elapsed_s

    def _life(self, point: Point, seed: int) -> "_Life":
        key = digest(point)
        if key not in self._nearest:
            distances = [_distance(self.space, life.point, point) for life in self._lives]
            least = min(distances)
            self._nearest[key] = [
                life for life, d in zip(self._lives, distances, strict=True) if d == least
            ]
        among = self._nearest[key]
        return among[seed % len(among)]


@dataclass(frozen=True, slots=True)
class _Life:
    """What one trial reported and when, in seconds from its start; `error` where it failed."""

    point: Point
    reports: Sequence[Mapping[str, float]]
    times_s: Sequence[float]
    elapsed_s: float
    error: str | None


def make_replay(directory: SweepDirectory) -> Replay:
    """The problem that the finished trials of `directory` make up.

    Raises:
        RecipeError: none of them is complete.
    """
    lines: dict[str, dict[int, ReportLine]] = {}
    for line in directory.reports.each():
        lines.setdefault(line.uid, {}).setdefault(line.step, line)
    records = [record for record in directory.records() if _is_known(record)]
    if all(record.state is not TrialState.COMPLETE for record in records):
        rule = "A sweep that is replayed should have a complete trial."
        raise RecipeError([Problem(rule, f"Found none in `{directory.name}`.", key="NAME")])
    lives = [_life_of(record, lines.get(record.uid, {})) for record in records]
    return Replay(directory.config(), tuple(lives))


def _is_known(record: TrialRecord) -> bool:
    """Whether it is known how the trial goes to its end."""
    return record.state is TrialState.COMPLETE or (
        record.state is TrialState.FAILED and record.infeasible
    )


def _life_of(record: TrialRecord, lines: Mapping[int, ReportLine]) -> _Life:
    began = record.ended_at - record.elapsed_s
    reports = [lines[step] for step in sorted(lines)]
    times: list[float] = []
    for line in reports:  # what a trial reported before it was resumed lies before its last start
        times.append(max(line.time - began, times[-1] if times else 0.0))
    is_complete = record.state is TrialState.COMPLETE
    metrics = [line.metrics for line in reports]
    if is_complete and not metrics:  # its reports are lost; the journal has the last one
        metrics, times = [{**record.values, **record.metrics}], [record.elapsed_s]
    return _Life(
        record.proposal.point,
        metrics,
        times,
        max(record.elapsed_s, times[-1] if times else 0.0),
        None if is_complete else record.error or "The trial failed.",
    )


def _distance(space: Space, a: Point, b: Point) -> float:
    keys = a.keys() | b.keys()
    return math.fsum(_gap(space, key, a.get(key), b.get(key)) ** 2 for key in sorted(keys))


def _gap(space: Space, key: str, a: Scalar | None, b: Scalar | None) -> float:
    if a is None or b is None:
        return 1.0
    parameter = space.get(key)
    if parameter is None or isinstance(parameter, Choice):
        return float(type(a) is not type(b) or a != b)
    if not (parameter.contains(a) and parameter.contains(b)):  # a baseline outside of the space
        return float(a != b)
    return to_unit(parameter, a) - to_unit(parameter, b)
