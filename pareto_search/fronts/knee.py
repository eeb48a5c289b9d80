"""The knee of a front: where going on in any objective begins to cost the others dearly.

pymoo's `HighTradeoffPoints` is not used: in 0.6.2 it ignores its `epsilon`, changes with the
units of the objectives and finds a knee on a straight line.
"""

import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import Losses, as_losses, is_on_front

MIN_DEPTH = 0.05
"""Least depth of a knee: 0 on the plane through the front's extremes, 1 at its ideal point."""


def knee(losses: npt.ArrayLike) -> int | None:
    """Row of `losses` (N x M) that is the knee of their front, or None.

    Losses are normalised by the ideal and the nadir of the front, so units do not matter. For two
    objectives the knee is the point farthest below the chord between the two ends; for more, below
    the plane n . z = 1 through the M points that are worst on one objective each (Das, *On
    characterizing the "knee" of the Pareto curve*, 1999). Its depth 1 - n . z must be at least
    `MIN_DEPTH`. The first of equally deep rows is taken.

    There is none on a straight or a bulging front, with fewer than three different points, or
    where the extremes span no plane that falls on every objective.

    >>> knee([[0.0, 1.0], [0.1, 0.1], [1.0, 0.0]]), knee([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    (1, None)
    """
    rows = as_losses(losses)
    kept = np.flatnonzero(is_on_front(rows))
    if len(kept) == 0 or len(np.unique(rows[kept], axis=0)) < 3:
        return None
    depth = _depth(normalised(rows[kept]))
    if depth is None or depth.max() < MIN_DEPTH:
        return None
    return int(kept[int(np.argmax(depth))])


def normalised(losses: Losses) -> Losses:
    """Each column of `losses` (N x M) mapped to [0, 1] by its least and greatest value.

    A column that does not vary becomes 0: it cannot tell rows apart.
    """
    ideal, nadir = losses.min(axis=0), losses.max(axis=0)
    spread = np.where(nadir > ideal, nadir - ideal, 1.0)
    scaled: Losses = (losses - ideal) / spread
    return scaled


def _depth(scaled: Losses) -> Losses | None:
    """How far each row lies from the plane through the extremes towards the ideal point."""
    varying = scaled[:, scaled.max(axis=0) > 0]
    extremes = varying[[_worst_on(varying, column) for column in range(varying.shape[1])]]
    try:
        normal = np.linalg.solve(extremes, np.ones(len(extremes)))
    except np.linalg.LinAlgError:
        return None
    if not (np.isfinite(normal).all() and (normal > 0).all()):
        return None
    depth: Losses = 1.0 - varying @ normal
    return depth


def _worst_on(scaled: Losses, column: int) -> int:
    """The row that is worst on `column`, of equal ones the best in sum."""
    return int(np.lexsort((scaled.sum(axis=1), -scaled[:, column]))[0])
