"""Who is ahead where, along the first of two objectives.

Above a loss x on the first objective a run has a *height*: the least loss on the second that its
front reaches with x or less on the first, and no more than the reference point's. A contestant's
height is the mean over its runs. The area between two of these lines is the difference of the mean
hypervolumes, so that who is ahead where adds up to who is ahead overall.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import Losses

_NEGLIGIBLE = 0.01
"""Part of all that is gained anywhere: less than that is no lead to speak of."""
_NARROW = 0.02
"""Part of the range: where nobody leads over less than that, a neighbour does."""


@dataclass(frozen=True, slots=True)
class Lead:
    """From `start` to `end`, losses on the first objective, contestant `leader` is ahead.

    Nobody is where `leader` is None. `gain` is the area up to the next best.
    """

    leader: int | None
    start: float
    end: float
    gain: float


def leads(contestants: Sequence[Sequence[Losses]], reference: Losses) -> list[Lead]:
    """Who is ahead from the best loss on the first objective that anybody reaches to `reference`.

    `contestants` are the fronts (K x 2) of the runs of each. Neighbours with one leader are
    joined, leads that gain next to nothing of all that is gained belong to nobody, and what belongs
    to nobody is counted with a neighbour where it is narrow. Empty where no point is better than
    `reference` on both objectives.
    """
    edges, heights = mean_heights(contestants, reference)
    if not len(edges):
        return []
    order = np.sort(heights, axis=0)
    gains = (order[1] - order[0]) * np.diff(edges) if len(heights) > 1 else np.diff(edges)
    leaders = [
        int(np.argmin(column)) if gain > 0 else None
        for column, gain in zip(heights.T, gains, strict=True)
    ]
    cells = [
        Lead(leader, float(start), float(end), float(gain))
        for leader, start, end, gain in zip(leaders, edges[:-1], edges[1:], gains, strict=True)
    ]
    return _without_narrow(_without_negligible(_joined(cells)))


def mean_heights(
    contestants: Sequence[Sequence[Losses]], reference: Losses
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Edges of G cells (G + 1, the last one is the reference's), and heights (contestants x G).

    Both empty where no point is better than `reference` on both objectives.
    """
    cut = [[run[(run < reference).all(axis=1)] for run in runs] for runs in contestants]
    starts = np.unique(np.concatenate([run[:, 0] for runs in cut for run in runs]))
    if not len(starts):
        return np.empty(0), np.empty((len(contestants), 0))
    heights = [
        np.mean([_height(run, starts, float(reference[1])) for run in runs], axis=0) for runs in cut
    ]
    return np.append(starts, reference[0]), np.asarray(heights)


def _height(run: Losses, at: npt.NDArray[np.float64], most: float) -> npt.NDArray[np.float64]:
    """Least second loss of the rows of `run` whose first is at most that of `at` (G), shape G."""
    order = np.argsort(run[:, 0], kind="stable")
    least = np.append(most, np.minimum.accumulate(run[order, 1]))
    heights: npt.NDArray[np.float64] = least[np.searchsorted(run[order, 0], at, side="right")]
    return heights


def _joined(cells: Sequence[Lead]) -> list[Lead]:
    joined: list[Lead] = []
    for cell in cells:
        if joined and joined[-1].leader == cell.leader:
            last = joined.pop()
            cell = replace(cell, start=last.start, gain=last.gain + cell.gain)  # noqa: PLW2901
        joined.append(cell)
    return joined


def _without_negligible(found: Sequence[Lead]) -> list[Lead]:
    least = _NEGLIGIBLE * sum(lead.gain for lead in found)
    kept = [lead if lead.gain >= least else replace(lead, leader=None) for lead in found]
    return _joined(kept)


def _without_narrow(found: Sequence[Lead]) -> list[Lead]:
    least = _NARROW * (found[-1].end - found[0].start)
    kept = list(found)
    for place, lead in enumerate(found):
        if lead.leader is None and lead.end - lead.start < least and len(found) > 1:
            neighbour = found[place - 1] if place else found[1]
            kept[place] = replace(lead, leader=neighbour.leader)
    return _joined(kept)
