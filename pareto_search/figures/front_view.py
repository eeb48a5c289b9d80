"""What the figure of a front shows, before any library draws it.

Two objectives are drawn, the first two; with more, the front is that of all objectives and no
staircase is drawn, because the front's projection is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pareto_search.figures.limits import limits
from pareto_search.fronts.configurations import Configuration, configurations
from pareto_search.fronts.front import Losses, beating_baseline, front_of
from pareto_search.fronts.rows import knee_of
from pareto_search.objective import Objective, reference_losses
from pareto_search.storage.journal import TrialRecord


@dataclass(frozen=True, slots=True)
class Mark:
    """A trial at (`x`, `y`), in the objectives' own direction; `lines` describe it.

    Of a repeated configuration it is the mean, with the standard errors `dx` and `dy`, else 0.
    """

    uid: str
    x: float
    y: float
    lines: tuple[str, ...]
    dx: float = 0.0
    dy: float = 0.0


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: what it shows and from where to where, in the objective's own direction.

    `better` is -1 where smaller is better, else 1.
    """

    label: str
    better: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FrontView:
    """The marks by role (a trial may have several), and what is drawn around them.

    `constrained` trials break a constraint, so they dominate nothing and are dominated by none.

    `stairs` (K x 2) is the front's staircase and `shade` (L x 2) the outline of what it dominates,
    both empty without one; `reference` is there where it is in view.
    """

    title: str
    note: str
    axes: tuple[Axis, Axis]
    constrained: tuple[Mark, ...]
    dominated: tuple[Mark, ...]
    front: tuple[Mark, ...]
    baselines: tuple[Mark, ...]
    knee: Mark | None
    stairs: npt.NDArray[np.float64]
    shade: npt.NDArray[np.float64]
    reference: tuple[float, float] | None


def front_view(
    records: Sequence[TrialRecord],
    objectives: Sequence[Objective],
    runs: Mapping[str, str] | None = None,
    name: str = "front",
) -> FrontView:
    """The view of the front of `records`; `name` is the sweep's, `runs` MLflow's by trial."""
    front = front_of(records, objectives)
    members = {member.uid for member in front.members}
    found = configurations(records, objectives)
    marks = {one.mean.uid: _mark(one, objectives, runs or {}) for one in found}
    baselines = [one.mean.uid for one in found if one.mean.proposal.baseline]
    broken = [one.mean.uid for one in found if one.mean.is_constrained]
    others = marks.keys() - {*members, *baselines, *broken}
    pair, reference = tuple(objectives[:2]), reference_losses(objectives)[:2]
    points = {uid: _losses(mark, pair) for uid, mark in marks.items()}
    low, high = limits(
        [points[uid] for uid in (*members, *baselines)], list(points.values()), reference
    )
    in_view = bool((reference <= high).all())
    stairs = _stairs([points[m.uid] for m in front.members], high) if len(objectives) == 2 else None
    outside = sum(bool((point > high).any()) for point in points.values())
    knee_uid = knee_of(front)
    better = len(beating_baseline(records, objectives)) if baselines else None
    return FrontView(
        title=_title(name, len(members), len(found), better),
        note=_note(pair, in_view, outside, len(objectives)),
        axes=(_axis(pair[0], low[0], high[0]), _axis(pair[1], low[1], high[1])),
        constrained=tuple(marks[uid] for uid in broken),
        dominated=tuple(mark for uid, mark in marks.items() if uid in others),
        front=tuple(marks[member.uid] for member in front.members),
        baselines=tuple(marks[uid] for uid in baselines),
        knee=marks[knee_uid] if knee_uid else None,
        stairs=_values(stairs, pair),
        shade=_values(_shade(stairs, reference if in_view else high), pair),
        reference=(pair[0].reference, pair[1].reference) if in_view else None,
    )


def _mark(one: Configuration, objectives: Sequence[Objective], runs: Mapping[str, str]) -> Mark:
    record, errors = one.mean, np.nan_to_num(one.standard_errors)
    x, y = (record.values[o.name] for o in objectives[:2])
    lines = [record.uid + (" (baseline)" if record.proposal.baseline else "")]
    pairs = zip(objectives, errors, strict=True)
    lines += [f"{o.name}: {record.values[o.name]:.4g}" + _spread(e) for o, e in pairs]
    if len(one.trials) > 1:
        lines.append(f"means of {len(one.trials)} trials")
    if record.is_constrained:
        lines.append("breaks a constraint")
    lines += [
        f"{key} = {value:.4g}" if isinstance(value, float) else f"{key} = {value}"
        for key, value in record.proposal.point.items()
    ]
    if record.uid in runs:
        lines.append(f"MLflow run {runs[record.uid][:8]}")
    return Mark(record.uid, x, y, tuple(lines), float(errors[0]), float(errors[1]))


def _spread(error: float) -> str:
    return f" ± {error:.2g}" if error else ""


def _losses(mark: Mark, pair: Sequence[Objective]) -> Losses:
    return np.asarray([pair[0].loss(mark.x), pair[1].loss(mark.y)])


def _values(losses: Losses | None, pair: Sequence[Objective]) -> npt.NDArray[np.float64]:
    """Losses (K x 2) in the objectives' own directions: a sign flips back as it flipped."""
    if losses is None or not len(losses):
        return np.empty((0, 2))
    return np.column_stack([[o.loss(v) for v in losses[:, i]] for i, o in enumerate(pair)])


def _stairs(members: Sequence[Losses], high: Losses) -> Losses | None:
    """The staircase below which nothing was found, from the upper to the right edge (K x 2)."""
    if not members:
        return None
    corners = [np.asarray([members[0][0], high[1]])]
    for point in members:
        corners += [np.asarray([point[0], corners[-1][1]]), point]
    corners.append(np.asarray([high[0], members[-1][1]]))
    return np.asarray(corners)


def _shade(stairs: Losses | None, corner: Losses) -> Losses | None:
    """What the front dominates up to `corner`."""
    return None if stairs is None else np.vstack([np.minimum(stairs, corner), corner])


def _axis(objective: Objective, low: float, high: float) -> Axis:
    is_falling = objective.direction == "minimize"
    hint, better = ("← better", -1) if is_falling else ("better →", 1)
    ends = sorted((objective.loss(float(low)), objective.loss(float(high))))
    return Axis(f"{objective.name}   ({hint})", better, ends[0], ends[1])


def _title(name: str, front: int, complete: int, better: int | None) -> str:
    text = f"{name}: {front} of {complete} complete trials on the front"
    return (
        text if better is None else f"{text}, {better} better than the baseline on every objective"
    )


def _note(pair: Sequence[Objective], in_view: bool, outside: int, objectives: int) -> str:
    parts = []
    if objectives > 2:
        parts.append(f"the first two of {objectives} objectives; the front is that of all")
    if not in_view:
        parts.append(f"reference point ({pair[0].reference:g}, {pair[1].reference:g}) lies outside")
    if outside:
        parts.append(f"{outside} dominated trial{'s' * (outside > 1)} outside")
    return "; ".join(parts)
