"""What several runs attain, and where one group of runs attains more often than another.

A run *attains* a point where a member of its front is nowhere worse than it. Everything here is on
losses (smaller is better): an array K x M for each run, of at least one row, all of it finite.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import Losses

MOST_OBJECTIVES = 3
"""moocore computes surfaces for two objectives and three, and differences for two."""


@dataclass(frozen=True, slots=True)
class AttainmentDifference:
    """P boxes from `low` to `high` (P x 2 losses each; `high` may be infinite), none overlapping.

    `share` (P) is the part of the first runs that attain a box, less that of the second, in
    [-1, 1] and never 0; between boxes both attain as often.
    """

    low: Losses
    high: Losses
    share: npt.NDArray[np.float64]

    def within(self, reference: Losses) -> "AttainmentDifference":
        """The boxes cut off at `reference` (2); those that lie beyond it are left out."""
        high = np.minimum(self.high, reference)
        kept = (self.low < high).all(axis=1)
        return AttainmentDifference(self.low[kept], high[kept], self.share[kept])

    @property
    def areas(self) -> npt.NDArray[np.float64]:
        """The area of each box, shape P."""
        areas: npt.NDArray[np.float64] = (self.high - self.low).prod(axis=1)
        return areas


def attainment_surface(runs: Sequence[Losses], share: float) -> Losses:
    """Corners (K x M, M 2 or 3) of the region that at least `share`, in (0, 1], of `runs` attain.

    No corner dominates another; the best on the first objective comes first. For one run they
    are its front.

    >>> one, other = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    >>> attainment_surface([one, other], 0.5).tolist(), attainment_surface([one, other], 1).tolist()
    ([[0.0, 1.0], [1.0, 0.0]], [[1.0, 1.0]])

    Source: Grunert da Fonseca, Fonseca and Hall, *Inferential performance assessment of
    stochastic optimisers and the attainment function* (2001).
    """
    points, sets = _stacked(runs)
    corners: Losses = moocore.eaf(points, sets, percentiles=[100.0 * share])[:, :-1]
    return corners[np.lexsort(corners.T[::-1])]


def attainment_difference(
    first: Sequence[Losses], second: Sequence[Losses]
) -> AttainmentDifference:
    """Where the `first` runs attain more often than the `second`, and less often; M is 2.

    The numbers of runs may differ: shares are compared.

    Source: Lopez-Ibanez, Paquete and Stutzle, *Exploratory analysis of stochastic local search
    algorithms in biobjective optimization* (2010).
    """
    boxes = _boxes([*first, *second])
    share = _attaining(first, boxes[:, :2]) - _attaining(second, boxes[:, :2])
    kept = share != 0
    return AttainmentDifference(boxes[kept, :2], boxes[kept, 2:], share[kept])


def _boxes(runs: Sequence[Losses]) -> Losses:
    """Boxes (P x 4) between the surfaces of `runs`: all over one of them, the same runs attain.

    moocore's own differences are not taken, as they are right for equal numbers of runs only.
    """
    if np.array_equal(attainment_surface(runs, 1e-9), attainment_surface(runs, 1.0)):
        return np.empty((0, 4))  # moocore fails where there is no box
    even = [*runs, runs[-1]] if len(runs) % 2 else list(runs)  # a run twice adds no box
    half = len(even) // 2
    found = moocore.eafdiff(_with_sets(even[:half]), _with_sets(even[half:]), rectangles=True)
    boxes: Losses = np.unique(found[:, :4], axis=0)
    return boxes


def _attaining(runs: Sequence[Losses], points: Losses) -> npt.NDArray[np.float64]:
    """The part of `runs` that attain each of `points` (P x 2), shape P."""
    counts = np.zeros(len(points))
    for run in runs:
        covers = np.all(run[None, :, :] <= points[:, None, :], axis=2)
        counts += np.any(covers, axis=1)
    return counts / len(runs)


def _with_sets(runs: Sequence[Losses]) -> Losses:
    return np.column_stack(_stacked(runs))


def _stacked(runs: Sequence[Losses]) -> tuple[Losses, npt.NDArray[np.int64]]:
    """All points, and the number of the run of each, from 1."""
    sizes = [len(run) for run in runs]
    return np.vstack(list(runs)), np.repeat(np.arange(1, len(runs) + 1), sizes)
