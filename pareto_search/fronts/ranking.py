"""Every trial's place in its sweep: the front first, and on it who adds most comes first."""

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import as_losses, nondominated_rank


def hypervolume_rank(losses: npt.ArrayLike, reference: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Place of each row of `losses` (N x M), shape N: 1 is the best, 0 where not finite.

    Rows come by their nondominated rank, and those of one rank by the volume up to `reference`
    (M) that they alone dominate among them, the largest first; equal ones in their own order.
    A row that is not better than `reference` on every objective dominates no volume, and of
    equal rows none does so alone.

    >>> hypervolume_rank([[0.5, 0.5], [0.1, 0.9], [0.8, 0.2], [0.9, 0.9]], [1.0, 1.0])
    array([1, 3, 2, 4])
    """
    rows, point = as_losses(losses), np.asarray(reference, dtype=np.float64)
    ranks = nondominated_rank(rows)
    alone = np.zeros(len(rows))
    for rank in range(int(ranks.max(initial=-1)) + 1):
        kept = np.flatnonzero((ranks == rank) & (rows < point).all(axis=1))
        if len(kept):
            alone[kept] = moocore.hv_contributions(rows[kept], ref=point)
    places = np.zeros(len(rows), dtype=np.int64)
    finite = np.flatnonzero(ranks >= 0)
    order = finite[np.lexsort((-alone[finite], ranks[finite]))]
    places[order] = np.arange(1, len(order) + 1)
    return places
