"""Which part of the plane a figure shows, so that a few bad trials do not squeeze the rest."""

from collections.abc import Sequence

import numpy as np

from pareto_search.fronts.front import Losses

_CROWD = 0.85  # of all trials; the rest may lie outside
_NEAR = 0.35  # of the width: a reference point so near beyond is taken in
_MARGIN = 0.08


def limits(
    needed: Sequence[Losses], points: Sequence[Losses], reference: Losses
) -> tuple[Losses, Losses]:
    """Lower and upper corner (2 each, losses) of the part to show.

    All `needed` points (front and baselines) are inside, the bulk of `points` too, and the
    `reference` point where it is near on both axes. Without points, the square below the
    reference.
    """
    if not needed:
        return reference - 1.0, reference + 0.1
    inner, outer = np.asarray(needed), np.asarray(points)
    low, high = inner.min(axis=0), inner.max(axis=0)
    reach = np.maximum(high + 0.5 * (high - low), np.quantile(outer, _CROWD, axis=0))
    high = np.maximum(high, np.minimum(outer.max(axis=0), reach))
    spread = np.where(high > low, high - low, np.maximum(0.1 * np.abs(high), 1e-3))
    if (reference <= high + _NEAR * spread).all():
        high = np.maximum(high, reference)
    return low - _MARGIN * spread, high + _MARGIN * spread
