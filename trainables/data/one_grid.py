"""When two grids count as one: tools round what they write to headers."""

import numpy as np
import numpy.typing as npt

AFFINE_TOLERANCE_MM = 1e-3
"""How far entries of two affines of one grid may lie apart, also far from the origin."""

SPACING_TOLERANCE = 0.01
"""Part by which two spacings that are meant to be one may differ: single precision, rounding."""


def affine_shift(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """How far entries of two affines (4 x 4, mm) lie apart at most; NaN where one is no number."""
    with np.errstate(invalid="ignore"):  # infinity less infinity
        return float(np.abs(one - other).max())


def have_same_affine(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> bool:
    """Whether two affines (4 x 4, mm) are one but for rounding; never where one is no number.

    >>> far = np.diag([1.0, 1, 1, 1]) + np.diag([500.0], k=3)
    >>> have_same_affine(far, far + 5e-4), have_same_affine(far, far + 2e-3)
    (True, False)
    """
    return affine_shift(one, other) <= AFFINE_TOLERANCE_MM


def have_same_spacing(one: npt.ArrayLike, other: npt.ArrayLike) -> bool:
    """Whether two spacings, mm along each axis, are one but for rounding."""
    return np.allclose(one, other, rtol=SPACING_TOLERANCE, atol=0)
