"""How fronts cover each other, and who holds how much of the front of all of them.

Losses throughout (K x M an array, smaller is better), all finite.
"""

from collections.abc import Sequence

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import Losses, is_on_front
from pareto_search.fronts.hypervolume import hypervolume


def coverage(first: Losses, second: Losses) -> float:
    """Part of the rows of `second` that some row of `first` is nowhere worse than.

    The C-metric of Zitzler and Thiele (1999). 1 for a front over itself; both directions count,
    as one does not follow from the other.

    >>> coverage(np.array([[0.0, 0.5]]), np.array([[0.0, 0.5], [0.5, 0.0]]))
    0.5
    """
    covers = (first[:, None, :] <= second[None, :, :]).all(axis=2)
    return float(covers.any(axis=0).mean())


def shift_to_cover(first: Losses, second: Losses, unit: npt.ArrayLike = 1.0) -> float:
    """How far all of `first` has to get better, on every objective alike, to cover `second`.

    In `unit`, a length for each objective (M) or for all; below 0 where it would still cover
    after getting worse. The additive epsilon indicator of Zitzler et al. (2003).

    >>> shift_to_cover(np.array([[0.25, 0.5]]), np.array([[0.0, 0.5], [0.5, 0.25]]))
    0.25
    """
    scale = np.asarray(unit, dtype=np.float64)
    return float(moocore.epsilon_additive(first / scale, ref=second / scale))


def joint_members(fronts: Sequence[Losses]) -> tuple[list[int], int]:
    """Of the different points on the front of all `fronts`: how many each holds, and how many.

    A point that several hold counts for each of them.
    """
    everything = np.vstack(list(fronts))
    joint = np.unique(everything[is_on_front(everything)], axis=0)
    held = [int(_contains(front, joint).sum()) for front in fronts]
    return held, len(joint)


def lost_without(fronts: Sequence[Losses], reference: Losses) -> list[float]:
    """By how much the hypervolume of all `fronts` together falls if one is left out, for each."""
    whole = hypervolume(np.vstack(list(fronts)), reference)
    nothing = np.empty((0, len(reference)))
    rests = (
        np.vstack([nothing, *fronts[:place], *fronts[place + 1 :]]) for place in range(len(fronts))
    )
    return [max(0.0, whole - hypervolume(rest, reference)) for rest in rests]


def _contains(front: Losses, points: Losses) -> npt.NDArray[np.bool_]:
    """Which of `points` (L x M) are rows of `front`, shape L."""
    same = (front[:, None, :] == points[None, :, :]).all(axis=2)
    found: npt.NDArray[np.bool_] = same.any(axis=0)
    return found
