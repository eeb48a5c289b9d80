"""What a trial is in its sweep, and how that looks in every figure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pareto_search.figures import style
from pareto_search.figures.sheets.sheet import Look, Series
from pareto_search.fronts.front import front_of
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import TrialRecord

Role = Literal["failed", "stopped", "constrained", "dominated", "front", "baseline"]

LOOKS: Mapping[Role, Look] = {
    "failed": Look("failed", style.REFERENCE, "line-ns", 9),
    "stopped": Look("stopped early", style.STOPPED, "triangle-down", 8),
    "constrained": Look("breaks a constraint", style.CONSTRAINED, "x", 8),
    "dominated": Look("dominated", style.DOMINATED, "circle", 7),
    "front": Look("front", style.FRONT, "circle", 9),
    "baseline": Look("baseline", style.BASELINE, "diamond", 11),
}
"""In the order in which they are drawn, the last on top."""


def roles_of(records: Sequence[TrialRecord], objectives: Sequence[Objective]) -> dict[str, Role]:
    """The role of each trial by its name; a baseline is one also where it is on the front.

    All trials of a repeated configuration on the front are `front`.
    """
    members = front_of(records, objectives).configurations
    on_front = {trial.uid for member in members for trial in member.trials}
    return {record.uid: _role(record, record.uid in on_front) for record in records}


def _role(record: TrialRecord, is_on_front: bool) -> Role:
    if record.state is not TrialState.COMPLETE:
        return "stopped" if record.state is TrialState.STOPPED else "failed"
    if record.proposal.baseline:
        return "baseline"
    if is_on_front:
        return "front"
    return "constrained" if record.is_constrained else "dominated"


@dataclass(frozen=True, slots=True)
class Spot:
    """A trial at a place of a panel; `name` is what hovering over it says first."""

    role: Role
    x: float
    y: float
    name: str


def series_of(spots: Iterable[Spot]) -> tuple[Series, ...]:
    """A series for each role there is among `spots`, those that matter on top."""
    listed = list(spots)
    found = ([spot for spot in listed if spot.role == role] for role in LOOKS)
    return tuple(
        Series(
            LOOKS[group[0].role],
            tuple(spot.x for spot in group),
            tuple(spot.y for spot in group),
            tuple(spot.name for spot in group),
        )
        for group in found
        if group
    )
