"""Two contestants against each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from pareto_search.comparison.significance import Significance, judge_volumes
from pareto_search.comparison.standing import Standing
from pareto_search.fronts.attainment import AttainmentDifference, attainment_difference
from pareto_search.fronts.coverage import coverage, shift_to_cover
from pareto_search.fronts.front import Losses
from pareto_search.fronts.hypervolume import hypervolume

Both = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Peak:
    """Between `low` and `high` (2 losses each) one contestant attains more often, by `share`."""

    share: float
    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """What is found of two contestants, after equal numbers of trials.

    A couple of numbers is of the first, then of the second.

    `covers`: the C-metric of one over the other, and `shifts`: how far one has to get better to
    cover all of the other, in parts of the way from the best of all to the reference; both are
    means over all pairs of runs. `apart` is the first's mean hypervolume less the second's, and
    `significance` says whether that may be luck.

    With two objectives, `difference` tells where which one attains more often, up to the
    reference, and `more` in which part of all that anybody attains each does; `peaks` are where it
    does so by most, of several such places the largest.
    """

    first: str
    second: str
    covers: Both
    shifts: Both
    apart: float
    significance: Significance
    difference: AttainmentDifference | None = None
    more: Both = (0.0, 0.0)
    peaks: tuple[Peak | None, Peak | None] = (None, None)


def pair_up(first: Standing, second: Standing, reference: Losses, ideal: Losses) -> Pair:
    """`first` against `second`; `ideal` (M) is the best loss on each objective of anybody."""
    unit = np.where(reference > ideal, reference - ideal, 1.0)

    def shift(a: Losses, b: Losses) -> float:
        return shift_to_cover(a, b, unit)

    two = len(reference) == 2
    difference = attainment_difference(first.fronts, second.fronts) if two else None
    inside = difference.within(reference) if difference else None
    everything = np.vstack([*first.fronts, *second.fronts])
    whole = hypervolume(everything, reference)
    return Pair(
        first=first.label,
        second=second.label,
        covers=_both_ways(first, second, coverage),
        shifts=_both_ways(first, second, shift),
        apart=first.fair.mean - second.fair.mean,
        significance=judge_volumes(first.fair, second.fair),
        difference=inside,
        more=_more(inside, whole) if inside and whole else (0.0, 0.0),
        peaks=(_peak(inside, 1), _peak(inside, -1)) if inside else (None, None),
    )


def _both_ways(
    first: Standing, second: Standing, measure: Callable[[Losses, Losses], float]
) -> Both:
    return _mean(first.fronts, second.fronts, measure), _mean(second.fronts, first.fronts, measure)


def _mean(
    runs: Sequence[Losses], others: Sequence[Losses], measure: Callable[[Losses, Losses], float]
) -> float:
    return float(np.mean([measure(one, other) for one, other in product(runs, others)]))


def _more(difference: AttainmentDifference, whole: float) -> Both:
    areas = difference.areas
    first, second = (float(areas[sign * difference.share > 0].sum()) for sign in (1, -1))
    return first / whole, second / whole


def _peak(difference: AttainmentDifference, sign: int) -> Peak | None:
    shares = sign * difference.share
    if not len(shares) or shares.max() <= 0:
        return None
    at = np.lexsort((difference.areas, shares))[-1]
    (x, y), (right, top) = difference.low[at], difference.high[at]
    return Peak(float(shares[at]), (float(x), float(y)), (float(right), float(top)))
