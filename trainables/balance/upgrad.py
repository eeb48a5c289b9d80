"""UPGrad: the mean of the gradients, each freed of its conflicts."""

import numpy as np
from scipy.optimize import nnls

from trainables.balance.root import Matrix, Vector, check_preference, gramian_root


def upgrad_weights(gramian: Matrix, preference: Vector) -> Vector:
    """The mean of K gradients, each moved as little as takes it into conflict with none.

    Gradient i becomes ``g(v)``, the shortest with ``v >= e_i``: its projection onto the directions
    along which no loss rises, and ``w = mean_i l_i v_i``. For two gradients it is half of PCGrad:
    where ``G_IB < 0``, g_I loses its part along g_B and the other way about. ``<d, g_k> >= 0`` of
    ``G + RIDGE diag(G)``, so of G up to ``-RIDGE w_k G_kk``; and where no two gradients conflict,
    ``w = l / K`` exactly.

    Args:
        gramian: G (K, K), positive semi-definite.
        preference: l (K,), above 0.

    Returns:
        w (K,), each at least l_k / K.

    Raises:
        ParameterError: a preference is not above 0.

    Source: arXiv 2406.16232 (UPGrad); arXiv 2001.06782 (PCGrad).

    >>> upgrad_weights(np.array([[1.0, -0.5], [-0.5, 1.0]]), np.ones(2)).round(5).tolist()
    [0.75, 0.75]
    """
    check_preference(preference)
    root = gramian_root(gramian)
    moved = [row + nnls(root, -root @ row)[0] for row in np.eye(len(gramian))]
    return np.asarray(preference @ np.array(moved) / len(gramian), dtype=np.float64)
