"""Each objective over the trials in the order in which they ended, stops and failures too."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

from pareto_search.figures import style
from pareto_search.figures.sheets.roles import Role, Spot, roles_of, series_of
from pareto_search.figures.sheets.sheet import Look, Panel, Scale, Series, Sheet
from pareto_search.figures.sheets.spans import objective_scale
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord

_BEST = Look("best so far", style.FRONT, "none")
_INSIDE = 0.03
_FULL: tuple[Role, ...] = ("front", "dominated", "baseline")


def objective_sheet(
    finished: Sequence[TrialRecord], objectives: Sequence[Objective], name: str = "sweep"
) -> Sheet:
    """A panel for each objective over the `finished` trials.

    A stopped trial is where it was when it was stopped, and is no best. Failed ones are lines at
    the bad edge, since they have no value.
    """
    roles = roles_of(finished, objectives)
    counts = {
        role: sum(found == role for found in roles.values()) for role in ("stopped", "failed")
    }
    title = (
        f"{name}: {len(finished)} trials ended, {counts['stopped']} of them stopped early and "
        f"{counts['failed']} failed"
    )
    if not finished:
        return Sheet(title, "No trial has ended yet.", ())
    panels = tuple(_panel(finished, objective, roles) for objective in objectives)
    return Sheet(title, "", panels)


def _panel(
    finished: Sequence[TrialRecord], objective: Objective, roles: Mapping[str, Role]
) -> Panel:
    values = [record.values.get(objective.name, math.nan) for record in finished]
    full = [v for v, r in zip(values, finished, strict=True) if roles[r.uid] in _FULL]
    needed = [v for v, r in zip(values, finished, strict=True) if roles[r.uid] in _FULL[::2]]
    scale = objective_scale(objective, needed, full)
    edges = (
        (scale.high, scale.low) if objective.direction == "minimize" else (scale.low, scale.high)
    )
    worst = edges[0] + _INSIDE * (edges[1] - edges[0])
    spots = [
        Spot(roles[r.uid], at, worst if roles[r.uid] == "failed" else value, r.uid)
        for at, (r, value) in enumerate(zip(finished, values, strict=True), start=1)
        if math.isfinite(value) or roles[r.uid] == "failed"
    ]
    series = (_best(spots, objective), *series_of(spots)) if full else series_of(spots)
    x = Scale("finished trials, in the order in which they ended", 0.5, len(finished) + 0.5)
    return Panel(objective.name, x, scale, series)


def _best(spots: Sequence[Spot], objective: Objective) -> Series:
    kept = [spot for spot in spots if spot.role in _FULL]
    losses = accumulate((objective.loss(spot.y) for spot in kept), min)
    best = tuple(objective.loss(loss) for loss in losses)
    at = tuple(spot.x for spot in kept)
    end = max(spot.x for spot in spots)
    return Series(_BEST, (*at, end), (*best, best[-1]), mode="steps")
