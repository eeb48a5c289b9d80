"""Hypervolume: how much of the space up to a fixed reference point is dominated.

The reference point comes from the recipe and is never observed, so a bad trial cannot raise the
number. Rows of losses that are not finite, or not better than the reference on every objective,
contribute nothing.
"""

from bisect import bisect_left

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import Losses, as_losses, is_on_front


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
    archive: list[tuple[float, float]] = []  # nondominated: first rising, second falling
    total, history = 0.0, np.zeros(len(rows))
    for n, row in enumerate(rows):
        if counts[n]:
            total += _insert(archive, (float(row[0]), float(row[1])), (point[0], point[1]))
        history[n] = total
    return history


def _insert(
    archive: list[tuple[float, float]], new: tuple[float, float], point: tuple[float, float]
) -> float:
    """Put `new` into the sorted `archive`, drop what it dominates; the area that is gained."""
    at = bisect_left(archive, new)
    ceiling = archive[at - 1][1] if at else float(point[1])
    if ceiling <= new[1]:
        return 0.0
    gained, left, end = 0.0, new[0], at
    while end < len(archive) and archive[end][1] >= new[1]:
        gained += (archive[end][0] - left) * (ceiling - new[1])
        left, ceiling = archive[end]
        end += 1
    right = archive[end][0] if end < len(archive) else float(point[0])
    archive[at:end] = [new]
    return gained + (right - left) * (ceiling - new[1])


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
