"""Reference directions: points evenly spread over the unit simplex, the same every time."""

from math import comb

import numpy as np
import numpy.typing as npt
from pymoo.util.ref_dirs import get_reference_directions


def reference_directions(size: int, m: int) -> npt.NDArray[np.float64]:
    """At most `size` directions of `m` weights, though never fewer than `m`; shape K x M.

    Das and Dennis (1998), doi:10.1137/S1052623496307510: the finest grid that fits. Where that has
    no point inside the simplex, a second grid at half the distance from the centre is added if
    both fit: Deb and Jain (2014), doi:10.1109/TEVC.2013.2281535.

    >>> reference_directions(3, 2).tolist()
    [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    partitions = _partitions(size, m)
    outer = get_reference_directions("das-dennis", m, n_partitions=partitions)
    room = size - len(outer)
    if partitions >= m or room < m:
        return np.asarray(outer)
    inner = get_reference_directions(
        "das-dennis", m, n_partitions=_partitions(room, m), scaling=0.5
    )
    return np.vstack([outer, inner])


def _partitions(size: int, m: int) -> int:
    """The largest number of partitions of a grid of at most `size` points, at least 1."""
    partitions = 1
    while comb(m + partitions, m - 1) <= size:
        partitions += 1
    return partitions
