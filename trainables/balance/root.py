"""Gradients with given inner products: what least squares needs of a Gramian."""

import numpy as np
import numpy.typing as npt

from trainables.ranges import check_number

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

RIDGE = 1e-6
"""Part of a gradient's square that is rounding: a Gramian in float32 tells no smaller one."""


def gramian_root(gramian: Matrix) -> Matrix:
    """R (K, K) with ``R'R = G + RIDGE diag(G)``: K gradients with these inner products.

    The ridge bounds the weights that gradients in near-perfect conflict would get, makes them
    unique, and moves no angle that rounding does not. It is taken of each gradient's own size,
    so that small gradients count as exactly as large ones.

    With ``D = diag(|g_k|)`` and the cosines ``C = D^-1 G D^-1`` of the K gradients::

        C + RIDGE I = V diag(lambda) V'        R = diag(sqrt(lambda)) V' D

    Args:
        gramian: G (K, K), ``<g_j, g_k>``, positive semi-definite up to rounding (an eigenvalue
            below 0 counts as 0), finite; rows of 0 give columns of 0.

    Returns:
        R (K, K), float64, in the unit of the gradients.

    Source: the eigenvalue root of a positive semi-definite matrix, as textbooks have it; the ridge
    by each gradient's own size is ours.

    >>> root = gramian_root(np.array([[4.0, 4.0], [4.0, 4.0]]))
    >>> (root.T @ root).round(5).tolist()
    [[4.0, 4.0], [4.0, 4.0]]
    """
    sizes = np.sqrt(np.diag(gramian))
    units = np.where(sizes > 0, sizes, 1.0)
    cosines = gramian / np.outer(units, units) + RIDGE * np.eye(len(gramian))
    values, vectors = np.linalg.eigh(cosines)
    return np.asarray(np.sqrt(np.clip(values, 0, None))[:, None] * vectors.T * sizes)


def check_preference(preference: Vector) -> None:
    """Refuse preferences (K,) that are not all above 0: a method could give negative weights.

    Raises:
        ParameterError: naming the first that is not.
    """
    for value in preference.tolist():
        check_number("preference", value, gt=0)
