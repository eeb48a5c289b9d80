"""MGDA: the shortest convex combination of the gradients."""

import numpy as np
from scipy.optimize import nnls

from trainables.balance.root import Matrix, Vector, gramian_root


def mgda_weights(gramian: Matrix) -> Vector:
    """The shortest convex combination of K gradients: ``min w'Gw``, ``sum w = 1``, ``w >= 0``.

    For two gradients ``w_I = clip((G_BB - G_IB) / (G_II + G_BB - 2 G_IB), 0, 1)``. Found for any
    number by one non-negative least squares ``min |g(z)|² + (sum z - 1)²``, whose z is w but for
    its length. The direction ``d = g(w)`` has ``<d, g_k> >= |d|²``; it is 0 where the point is
    Pareto-stationary. All of it holds of ``G + RIDGE diag(G)``, so that equal gradients share.

    Args:
        gramian: G (K, K), positive semi-definite; best with a trace of about 1.

    Returns:
        w (K,), on the simplex.

    Source: Désidéri (2012), arXiv 1810.04650.

    >>> mgda_weights(np.array([[1.0, 0.0], [0.0, 3.0]])).round(5).tolist()
    [0.75, 0.25]
    """
    root = np.vstack((gramian_root(gramian), np.ones(len(gramian))))
    found, _ = nnls(root, np.append(np.zeros(len(gramian)), 1.0))
    return np.asarray(found / found.sum(), dtype=np.float64)
