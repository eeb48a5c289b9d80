"""What the figure of a comparison shows, before any library draws it.

All is of the trials that are compared: equally many of each sweep, the first that ended.
The first two objectives are drawn. With two objectives there is a staircase for each contestant,
what half of its runs attain, and the band between what a quarter and three quarters of them do;
and of two contestants, one of several runs at least, where which one attains more often.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pareto_search.comparison.comparing import Comparison
from pareto_search.comparison.saying import verdict, which_trials
from pareto_search.comparison.standing import Standing
from pareto_search.figures.contestants import Look, look_of
from pareto_search.figures.front_view import Axis
from pareto_search.figures.limits import limits
from pareto_search.fronts.attainment import attainment_surface
from pareto_search.fronts.front import Losses
from pareto_search.objective import Objective, reference_losses

_LINE = 125
"""Characters of a line of the note."""


@dataclass(frozen=True, slots=True)
class Side:
    """A contestant: the `points` (K x 2) of the fronts of all its runs, each described by `lines`.

    `stairs` (L x 2) is what half of its runs attain, and `band` (P x 2) the outline between a
    quarter and three quarters, empty for one run; both are empty for three objectives or more.
    """

    label: str
    look: Look
    points: Losses
    lines: tuple[str, ...]
    stairs: Losses
    band: Losses


@dataclass(frozen=True, slots=True)
class Level:
    """Boxes (P x 4: left, lower, right, upper end) that the one at `place` attains more often.

    By `share` of its runs more than of the other's, in (0, 1].
    """

    place: int
    label: str
    share: float
    boxes: Losses

    @property
    def look(self) -> Look:
        """That of the contestant at `place`."""
        return look_of(self.place)


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The sides, and the levels of the attainment difference where there is one to draw."""

    title: str
    note: str
    axes: tuple[Axis, Axis]
    sides: tuple[Side, ...]
    levels: tuple[Level, ...]
    has_difference: bool
    reference: tuple[float, float] | None


def comparison_view(comparison: Comparison) -> ComparisonView:
    """The view of `comparison`, in the objectives' own directions."""
    pair = comparison.objectives[:2]
    reference = reference_losses(comparison.objectives)
    low, high = _limits(comparison, reference)
    in_view = bool((reference[:2] <= high).all())
    runs = [len(one.sweeps) for one in comparison.standings]
    has_difference = len(runs) == 2 and max(runs) > 1 and len(comparison.objectives) == 2
    sides = [
        _side(one, look_of(place), comparison.objectives, high)
        for place, one in enumerate(comparison.standings)
    ]
    return ComparisonView(
        title=_title([one.label for one in comparison.standings], sum(runs)),
        note=_note(comparison),
        axes=(_axis(pair[0], low[0], high[0]), _axis(pair[1], low[1], high[1])),
        sides=tuple(sides),
        levels=tuple(_levels(comparison)) if has_difference else (),
        has_difference=has_difference,
        reference=(pair[0].reference, pair[1].reference) if in_view else None,
    )


def _limits(comparison: Comparison, reference: Losses) -> tuple[Losses, Losses]:
    """All that counts for the hypervolume is in view; all points, where none does."""
    points = np.vstack([front for one in comparison.standings for front in one.fronts])
    inside = points[(points < reference).all(axis=1)]
    shown = list((inside if len(inside) else points)[:, :2])
    return limits(shown, shown, reference[:2])


def _side(one: Standing, look: Look, objectives: Sequence[Objective], high: Losses) -> Side:
    pair = objectives[:2]
    count = len(one.sweeps)
    stairs, band = np.empty((0, 2)), np.empty((0, 2))
    if len(objectives) == 2:
        stairs = _stairs(attainment_surface(one.fronts, 0.5), high)
    if len(objectives) == 2 and count > 1:
        better, worse = (_stairs(attainment_surface(one.fronts, p), high) for p in (0.25, 0.75))
        band = np.vstack([better, worse[::-1]])
    lines = [
        f"{one.label}: {uid} of {sweep}\n" + _values_told(losses, objectives)
        for sweep, uids, front in zip(one.sweeps, one.uids, one.fronts, strict=True)
        for uid, losses in zip(uids, front, strict=True)
    ]
    return Side(
        label=f"{one.label} ({count} sweeps)" if count > 1 else one.label,
        look=look,
        points=_in_units(np.vstack(one.fronts)[:, :2], pair),
        lines=tuple(lines),
        stairs=_in_units(stairs, pair),
        band=_in_units(band, pair),
    )


def _values_told(losses: Losses, objectives: Sequence[Objective]) -> str:
    pairs = zip(objectives, losses, strict=True)
    return "\n".join(f"{o.name}: {o.loss(float(value)):.4g}" for o, value in pairs)


def _stairs(corners: Losses, high: Losses) -> Losses:
    """The staircase through `corners` (K x 2, the best on the first first) up to `high`."""
    points = [(corners[0, 0], max(high[1], corners[0, 1]))]
    for x, y in corners:
        points += [(x, points[-1][1]), (x, y)]
    points.append((max(high[0], corners[-1, 0]), corners[-1, 1]))
    return np.asarray(points)


def _levels(comparison: Comparison) -> list[Level]:
    """The boxes of the one pair, those of one share together."""
    (pair,) = comparison.pairs
    found = pair.difference
    if found is None:
        return []
    first, second = comparison.objectives
    ends = np.hstack([found.low, found.high])
    across = np.sort([[first.loss(v) for v in ends[:, i]] for i in (0, 2)], axis=0)
    along = np.sort([[second.loss(v) for v in ends[:, i]] for i in (1, 3)], axis=0)
    boxes = np.column_stack([across[0], along[0], across[1], along[1]])
    labels = (pair.first, pair.second)
    return [
        Level(int(share < 0), labels[int(share < 0)], abs(float(share)), boxes[same])
        for share in np.unique(found.share.round(9))
        if (same := np.isclose(found.share, share)).any()
    ]


def _in_units(losses: Losses, pair: Sequence[Objective]) -> Losses:
    """Losses (K x 2) in the objectives' own directions: a sign flips back as it flipped."""
    if not len(losses):
        return np.empty((0, 2))
    columns = [[o.loss(float(v)) for v in losses[:, i]] for i, o in enumerate(pair)]
    return np.column_stack(columns)


def _axis(objective: Objective, low: float, high: float) -> Axis:
    is_falling = objective.direction == "minimize"
    hint, better = ("← better", -1) if is_falling else ("better →", 1)
    ends = sorted((objective.loss(float(low)), objective.loss(float(high))))
    return Axis(f"{objective.name}   ({hint})", better, ends[0], ends[1])


def _title(labels: Sequence[str], runs: int) -> str:
    if len(labels) == 1:
        return f"{labels[0]}: what its {runs} sweeps attain"
    return " against ".join(labels) if len(labels) == 2 else f"{', '.join(labels)} compared"


def _note(comparison: Comparison) -> str:
    lines = textwrap.wrap((verdict if comparison.pairs else which_trials)(comparison), _LINE)
    several = any(len(one.sweeps) > 1 for one in comparison.standings)
    if len(comparison.objectives) > 2:
        lines.append(f"The first two of {len(comparison.objectives)} objectives.")
    elif several:
        lines.append("Line: attained by half of the sweeps. Band: by a quarter to three quarters.")
    return "\n".join(lines)
