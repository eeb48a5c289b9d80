"""Hypervolume: how much of the space up to a fixed reference point is dominated.

The reference point comes from the recipe and is never observed, so a bad trial cannot raise the
number. Rows of losses that are not finite, or not better than the reference on every objective,
contribute nothing.
"""

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import Losses, as_losses, is_on_front
from pareto_search.fronts.staircase import Staircase


def hypervolume(losses: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Volume dominated by `losses` (N x M) up to `reference` (M), in the objectives' units.

    0 where nothing contributes.

    >>> hypervolume([[0.0, 0.5], [0.5, 0.0], [9.0, -9.0], [np.nan, 0.0]], [1.0, 1.0])
    0.75

    Raises:
        ValueError: the shapes do not agree or the reference point is not finite.
    """
    rows, point = _checked(losses, reference)
    rows = rows[_contributes(rows, point)]
    return float(moocore.hypervolume(rows, ref=point)) if len(rows) else 0.0


def hypervolume_history(losses: npt.ArrayLike, reference: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hypervolume of the first 1, 2, ..., N rows of `losses` (N x M), shape N, never falling.

    Two objectives cost O(N log N) comparisons by a sorted archive; more are recomputed at each
    row that enters the front.

    >>> hypervolume_history([[0.0, 0.5], [0.5, 0.5], [0.5, 0.0]], [1.0, 1.0])
    array([0.5 , 0.5 , 0.75])

    Raises:
        ValueError: the shapes do not agree or the reference point is not finite.
    """
    rows, point = _checked(losses, reference)
    counts = _contributes(rows, point)
    return _history_2d(rows, point, counts) if len(point) == 2 else _history(rows, point, counts)


def _checked(losses: npt.ArrayLike, reference: npt.ArrayLike) -> tuple[Losses, Losses]:
    rows, point = as_losses(losses), np.asarray(reference, dtype=np.float64)
    if point.shape != rows.shape[1:]:
        raise ValueError(
            f"`reference` should have one number an objective, shape {rows.shape[1:]}. "
            f"Found shape {point.shape}."
        )
    if not np.isfinite(point).all():
        raise ValueError(f"`reference` should be finite. Found {point.tolist()}.")
    return rows, point


def _contributes(rows: Losses, point: Losses) -> npt.NDArray[np.bool_]:
    return np.asarray((np.isfinite(rows) & (rows < point)).all(axis=1))


def _history_2d(
    rows: Losses, point: Losses, counts: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    steps = Staircase(tuple(point.tolist()))
    history = []
    pairs = zip(rows[:, 0].tolist(), rows[:, 1].tolist(), strict=True)
    for row, is_counted in zip(pairs, counts.tolist(), strict=True):
        if is_counted:
            steps.add(row)
        history.append(steps.area)
    return np.array(history)


def _history(rows: Losses, point: Losses, counts: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    archive = np.empty((0, len(point)))
    total, history = 0.0, np.zeros(len(rows))
    for n, row in enumerate(rows):
        if counts[n] and not (archive <= row).all(axis=1).any():
            archive = np.vstack([archive, row])
            archive = archive[is_on_front(archive)]
            total = max(total, float(moocore.hypervolume(archive, ref=point)))
        history[n] = total
    return history
