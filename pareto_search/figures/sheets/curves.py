"""How chosen trials learned: the first objective against the second, and each over the steps."""

import math
from collections.abc import Mapping, Sequence

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
_COLOURS: tuple[tuple[str, Dash], ...] = (
    (style.FRONT, "solid"), ("#E69F00", "solid"), (style.CONSTRAINED, "solid"),
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
    title = f"{name}: how {len(chosen)} chosen trials learned"
    kept = {uid: _thinned(learned.get(uid, ()), objectives) for uid in chosen}
    if max(map(len, kept.values()), default=0) < 2:
        return Sheet(title, "No chosen trial has reported more than one step.", ())
    values = [[[line.metrics[o.name] for o in objectives] for line in kept[uid]] for uid in chosen]
    scales = [
        objective_scale(o, [v[-1][at] for v in values if v], [p[at] for v in values for p in v])
        for at, o in enumerate(objectives)
    ]
    steps = [float(line.step) for lines in kept.values() for line in lines]
    over_steps = Scale("step", *span(steps))
    first, second = objectives[0].name, objectives[1].name
    against = [_series(kept[uid], look, first, second) for uid, look in chosen.items()]
    panels = [Panel(f"{second} against {first}", scales[0], scales[1], tuple(against))]
    for objective, scale in zip(objectives, scales, strict=True):
        series = [_series(kept[uid], look, "", objective.name) for uid, look in chosen.items()]
        panels.append(Panel(f"{objective.name} over steps", over_steps, scale, tuple(series)))
    return Sheet(title, "", tuple(panels), min(len(panels), 3))


def _series(lines: Sequence[ReportLine], look: Look, x: str, y: str) -> Series:
    """The curve of one trial; without a name for `x`, over its steps."""
    return Series(
        look,
        tuple(line.metrics[x] if x else float(line.step) for line in lines),
        tuple(line.metrics[y] for line in lines),
        tuple(f"{look.label}, step {line.step}" for line in lines),
        "line",
    )


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
