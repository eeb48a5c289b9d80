"""The first two objectives for each part of what is judged, such as the regions of a tumour.

A part is whatever follows a slash in metrics of both: ``interior_error/WT`` and
``boundary_error/WT`` are part ``WT``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pareto_search.figures import style
from pareto_search.figures.sheets.roles import LOOKS, Role, Spot, roles_of, series_of
from pareto_search.figures.sheets.sheet import Look, Panel, Series, Sheet
from pareto_search.figures.sheets.spans import objective_scale
from pareto_search.fronts.front import complete_trials, front_of, is_on_front
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord

MAX_PARTS = 6
_OWN = Look("front of the part alone", style.FRONT, "circle-open", 14, "dot")


def region_sheet(
    records: Sequence[TrialRecord], objectives: Sequence[Objective], name: str = "sweep"
) -> Sheet:
    """A panel for each part, at most `MAX_PARTS`, with the trials of the sweep's front marked."""
    complete = complete_trials(records, objectives)
    found = parts(complete, objectives)
    title = f"{name}: the trade-off by part"
    if not found:
        pair = " and ".join(f"{o.name}/PART" for o in objectives[:2])
        return Sheet(title, f"No trial reports {pair}.", ())
    roles = roles_of(records, objectives)
    members = {member.uid for member in front_of(records, objectives).members}
    spots = {part: _spots(complete, part, objectives, roles) for part in found[:MAX_PARTS]}
    panels = tuple(_panel(spots[part], part, objectives, members) for part in spots)
    left = len(found) - MAX_PARTS
    verb = "are" if left > 1 else "is"
    note = f"{left} more part{'s' * (left > 1)} {verb} left out" if left > 0 else ""
    return Sheet(title, note, panels, min(len(panels), 3))


def parts(complete: Sequence[TrialRecord], objectives: Sequence[Objective]) -> list[str]:
    """The parts for which the first two objectives are reported, in the order of reporting."""
    first, second = (f"{objective.name}/" for objective in objectives[:2])
    found: dict[str, None] = {}
    for record in complete:
        for key in record.metrics:
            part = key.removeprefix(first)
            if key.startswith(first) and f"{second}{part}" in record.metrics:
                found[part] = None
    return list(found)


def _spots(
    complete: Sequence[TrialRecord],
    part: str,
    objectives: Sequence[Objective],
    roles: Mapping[str, Role],
) -> list[Spot]:
    first, second = (f"{objective.name}/{part}" for objective in objectives[:2])
    return [
        Spot(roles[record.uid], record.metrics[first], record.metrics[second], record.uid)
        for record in complete
        if first in record.metrics and second in record.metrics
    ]


def _panel(
    spots: Sequence[Spot], part: str, objectives: Sequence[Objective], members: set[str]
) -> Panel:
    first, second = objectives[:2]
    losses = np.asarray([[first.loss(spot.x), second.loss(spot.y)] for spot in spots])
    own = [spot for spot, kept in zip(spots, is_on_front(losses), strict=True) if kept]
    own.sort(key=lambda spot: (first.loss(spot.x), second.loss(spot.y)))
    needed = [*own, *(spot for spot in spots if spot.name in members or spot.role == "baseline")]
    x = objective_scale(first, (s.x for s in needed), (s.x for s in spots), f"{first.name}/{part}")
    y = objective_scale(
        second, (s.y for s in needed), (s.y for s in spots), f"{second.name}/{part}"
    )
    stairs = Series(_OWN, tuple(spot.x for spot in own), tuple(spot.y for spot in own), (), "steps")
    shared = sum(spot.name in members for spot in own)
    title = f"{part} ({shared} of {len(own)} on the sweep's front)"
    return Panel(title, x, y, (stairs, *_renamed(series_of(spots))))


def _renamed(series: Sequence[Series]) -> list[Series]:
    """The front is that of the whole sweep here, and so is what is dominated."""
    names = {"front": "front of the sweep", "dominated": "dominated in the sweep"}
    looks = {look.label: look for look in LOOKS.values()}
    return [
        replace(one, look=replace(looks[one.look.label], label=names[one.look.label]))
        if one.look.label in names
        else one
        for one in series
    ]
