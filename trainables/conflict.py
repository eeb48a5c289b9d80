"""How far the gradients of interior and boundary pull apart.

I is the interior, shell 0, and B the boundary, the sum of all other shells; g_I and g_B are the
gradients of their losses F_I and F_B, and ``G_jk = <g_j, g_k>``, see `trainables.gramian`. That
these two sides are what pulls at a network is our reading of arXiv 2601.19365.
"""

import torch
from torch import Tensor


def two_sides(gramian: Tensor) -> Tensor:
    """The Gramian (2, 2) of the interior, shell 0, and of the boundary, the sum of all others.

    With ``g_B = sum_{k > 0} g_k``::

        G_II = G_00        G_IB = sum_{k > 0} G_0k        G_BB = sum_{j, k > 0} G_jk

    Args:
        gramian: G (K, K) of the shells, K at least 2, positive semi-definite.

    Returns:
        [[G_II, G_IB], [G_IB, G_BB]], (2, 2), of its type.

    Source: the inner product is linear; the two sides are our reading of arXiv 2601.19365.

    >>> two_sides(torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]]))
    tensor([[ 1.,  5.],
            [ 5., 20.]])
    """
    boundary = gramian[0, 1:].sum()
    return torch.stack((gramian[0, 0], boundary, boundary, gramian[1:, 1:].sum())).view(2, 2)


def conflict_cosine(gramian: Tensor) -> Tensor:
    """The cosine between the two gradients, ``G_IB / (|g_I| |g_B|)``, [-1, 1]; below 0: conflict.

    Args:
        gramian: G (2, 2), positive semi-definite, at any scale.

    Returns:
        A scalar of its type; 0 where one of the gradients is 0, NaN where one is NaN.

    Source: arXiv 2001.06782 (gradients conflict where their cosine is below 0); that it is that of
    interior and boundary is our reading of arXiv 2601.19365.

    >>> conflict_cosine(torch.tensor([[4.0, -1.0], [-1.0, 1.0]]))
    tensor(-0.5000)
    """
    # One after the other: the product of two sizes would underflow long before either does.
    interior, boundary = gramian.diagonal().sqrt()
    is_defined = (interior != 0) & (boundary != 0)
    return torch.where(is_defined, gramian[0, 1] / interior / boundary, 0.0).clamp(-1, 1)


def stationarity_gap(gramian: Tensor) -> Tensor:
    """How far from Pareto-stationary: ``min_w |w g_I + (1 - w) g_B| / max(|g_I|, |g_B|)``, [0, 1].

    The minimum is at ``w = clip((G_BB - G_IB) / (G_II + G_BB - 2 G_IB), 0, 1)``. 0 is stationary
    (and the answer where a gradient is 0), 1 is two equal gradients.

    Args:
        gramian: G (2, 2), positive semi-definite, at any scale.

    Returns:
        A scalar of its type; NaN where a gradient is.

    Source: arXiv 1810.04650 for w; the ratio is our reading of arXiv 2601.19365.

    >>> stationarity_gap(torch.eye(2))
    tensor(0.7071)
    """
    largest = gramian.diagonal().amax()
    # Of the largest square 1, so that no difference or product leaves the range of the type.
    interior, between, _, boundary = (gramian / torch.where(largest == 0, 1.0, largest)).flatten()
    apart = (interior + boundary - 2 * between).clamp(min=0)
    w = torch.where(apart == 0, 0.5, (boundary - between) / apart).clamp(0, 1)
    square: Tensor = w * w * interior + 2 * w * (1 - w) * between + (1 - w) ** 2 * boundary
    return square.clamp(min=0).sqrt()
