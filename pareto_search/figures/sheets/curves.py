"""How chosen trials learned: the first objective against the second, and each over the steps."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pareto_search.figures import style
from pareto_search.figures.sheets.sheet import Dash, Look, Panel, Scale, Series, Sheet
from pareto_search.figures.sheets.spans import objective_scale, span
from pareto_search.fronts.front import Front, front_of
from pareto_search.fronts.rows import knee_of
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord
from pareto_search.storage.reports import ReportLine

MAX_MEMBERS = 5
MAX_POINTS = 100
_LARGER_PX = 4
_COLOURS: tuple[tuple[str, Dash], ...] = (
    (style.FRONT, "solid"), ("#56B4E9", "solid"), (style.CONSTRAINED, "solid"),
    (style.STOPPED, "solid"), (style.REFERENCE, "solid"),
)  # fmt: skip

Learned = Mapping[str, Sequence[ReportLine]]


def chosen_trials(
    records: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> dict[str, Look]:
    """The trials whose curves are shown, and how: some of the front, its knee and a baseline.

    Of a long front, `MAX_MEMBERS` spread evenly along it from end to end.
    """
    front = front_of(records, objectives)
    knee = knee_of(front)
    baselines = [r.uid for r in records if r.proposal.baseline and r.step >= 0][:1]
    chosen: dict[str, Look] = {}
    for uid, (colour, dash) in zip(_spread(front), _COLOURS, strict=False):
        chosen[uid] = Look(f"{uid}, front", colour, "circle", 5, dash)
    if knee is not None:
        chosen[knee] = Look(f"{knee}, knee", style.KNEE, "circle", 6)
    for uid in baselines:
        chosen[uid] = Look(f"{uid}, baseline", style.BASELINE, "diamond", 7, "dash")
    return chosen


def curve_sheet(
    learned: Learned,
    chosen: Mapping[str, Look],
    objectives: Sequence[Objective],
    name: str = "sweep",
) -> Sheet:
    """One panel for the first two objectives against each other, one for each over the steps.

    `learned` are the reports of the `chosen` trials, by step; of more than `MAX_POINTS` some are
    shown, the last always.
    """
    kept = {uid: _thinned(learned.get(uid, ()), objectives) for uid in chosen}
    curves = {look: kept[uid] for uid, look in chosen.items() if kept[uid]}
    title = f"{name}: how {len(curves)} chosen trials learned"
    if max(map(len, curves.values()), default=0) < 2:
        return Sheet(title, "No chosen trial has reported more than one step.", ())
    scales = [_scale(objective, curves.values()) for objective in objectives]
    over_steps = Scale("step", *span([float(line.step) for c in curves.values() for line in c]))
    first, second = objectives[0].name, objectives[1].name
    against = f"{second} against {first}"
    panels = [Panel(against, scales[0], scales[1], _series(curves, first, second))]
    for objective, scale in zip(objectives, scales, strict=True):
        series = _series(curves, "", objective.name)
        panels.append(Panel(f"{objective.name} over steps", over_steps, scale, series))
    return Sheet(title, "", tuple(panels), min(len(panels), 3))


def _scale(objective: Objective, curves: Iterable[Sequence[ReportLine]]) -> Scale:
    """An axis with all but the first steps of every curve, which are far from where it ends."""
    values = [[line.metrics[objective.name] for line in lines] for lines in curves]
    every = [value for curve in values for value in curve]
    late = [value for curve in values for value in curve[len(curve) // 3 :]]
    return objective_scale(objective, [*late, min(every, key=objective.loss)], every)


def _series(curves: Mapping[Look, Sequence[ReportLine]], x: str, y: str) -> tuple[Series, ...]:
    """The curves, then a larger mark at the end of each; without a name for `x`, over steps."""
    lines, ends = [], []
    for look, reports in curves.items():
        at = tuple(line.metrics[x] if x else float(line.step) for line in reports)
        values = tuple(line.metrics[y] for line in reports)
        names = tuple(f"{look.label}, step {line.step}" for line in reports)
        lines.append(Series(look, at, values, names, "line"))
        large = replace(look, size=look.size + _LARGER_PX)
        ends.append(Series(large, at[-1:], values[-1:], names[-1:]))
    return (*lines, *ends)


def _thinned(lines: Sequence[ReportLine], objectives: Sequence[Objective]) -> list[ReportLine]:
    """The reports with every objective finite, at most `MAX_POINTS` of them."""
    whole = [
        line
        for line in lines
        if all(math.isfinite(line.metrics.get(o.name, math.nan)) for o in objectives)
    ]
    places = np.unique(np.linspace(0, len(whole) - 1, MAX_POINTS).round().astype(int))
    return [whole[place] for place in places] if whole else []


def _spread(front: Front) -> list[str]:
    """Names of at most `MAX_MEMBERS` members, evenly along the front."""
    names = [member.uid for member in front.members if not member.proposal.baseline]
    places = np.unique(np.linspace(0, len(names) - 1, MAX_MEMBERS).round().astype(int))
    return [names[place] for place in places] if names else []
