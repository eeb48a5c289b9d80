"""Whether probabilities mean what they say, where it is hard: inside the boundary band."""

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating] | npt.NDArray[np.bool_]

BINS = 15
"""Equal parts of [0, 1] that probabilities are sorted into, as in Guo et al. 2017."""


def brier_score(probability: Values, target: Values) -> float:
    """The mean of ``(p - y)^2`` over voxels, in [0, 1]; 0 where there is no voxel.

    Args:
        probability: p in [0, 1], any shape.
        target: y, of the same shape: a mask, or the part of raters who say yes.

    Source: Brier, Monthly Weather Review 78 (1950).

    >>> brier_score(np.array([0.5, 1.0]), np.array([True, True]))
    0.125
    """
    if not np.size(probability):
        return 0.0
    return float(np.mean(np.square(_double(probability) - _double(target))))


def calibration_error(probability: Values, target: Values, bins: int = BINS) -> float:
    """The expected calibration error of `probability`, in [0, 1]; 0 where there is no voxel.

    With the n voxels sorted into `bins` equal parts of [0, 1] by p, n_b of them in part b::

        ECE = sum over b of  n_b / n * | mean of p in b - mean of y in b |

    Args:
        probability: p in [0, 1], any shape.
        target: y, of the same shape: a mask, or the part of raters who say yes.
        bins: number of parts, at least 1.

    Source: Naeini et al., AAAI 2015; Guo et al., ICML 2017, here of the probability of the
    region itself, not of the likelier class.

    >>> calibration_error(np.array([0.25, 0.25]), np.array([True, False]))
    0.25
    """
    p, y = _double(probability).ravel(), _double(target).ravel()
    if not len(p):
        return 0.0
    part = np.minimum((p * bins).astype(np.intp), bins - 1)
    gaps = np.bincount(part, weights=p - y, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))


def _double(values: Values) -> npt.NDArray[np.float64]:
    """Sums over millions of voxels need it."""
    return np.asarray(values, dtype=np.float64)
