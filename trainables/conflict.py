"""How far the gradients of interior and boundary pull apart."""

import torch
from torch import Tensor


def two_sides(gramian: Tensor) -> Tensor:
    """The Gramian (2, 2) of the interior, shell 0, and of the boundary, the sum of all others.

    Args:
        gramian: G (K, K), K at least 2.

    >>> two_sides(torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]]))
    tensor([[ 1.,  5.],
            [ 5., 20.]])
    """
    boundary = gramian[0, 1:].sum()
    return torch.stack((gramian[0, 0], boundary, boundary, gramian[1:, 1:].sum())).view(2, 2)


def conflict_cosine(gramian: Tensor) -> Tensor:
    """The cosine between the two gradients of `gramian` (2, 2), in [-1, 1]; below 0 they conflict.

    0 where one of them is 0.
    """
    sizes = (gramian[0, 0] * gramian[1, 1]).sqrt()
    return torch.where(sizes > 0, gramian[0, 1] / sizes.clamp(min=1e-38), 0.0).clamp(-1, 1)


def stationarity_gap(gramian: Tensor) -> Tensor:
    """How far from Pareto-stationary: ``min_w |w g_I + (1 - w) g_B| / max(|g_I|, |g_B|)``, [0, 1].

    With G the inner products, ``w = clip((G_BB - G_IB) / (G_II + G_BB - 2 G_IB), 0, 1)``. 0 is
    stationary (and the answer where a gradient is 0), 1 is two equal gradients.

    Args:
        gramian: G (2, 2), positive semi-definite.

    Source: arXiv 1810.04650 for w; the ratio is our reading of arXiv 2601.19365.

    >>> stationarity_gap(torch.eye(2))
    tensor(0.7071)
    """
    interior, between, boundary = gramian[0, 0], gramian[0, 1], gramian[1, 1]
    apart = (interior + boundary - 2 * between).clamp(min=0)
    w = torch.where(apart > 0, (boundary - between) / apart.clamp(min=1e-38), 0.5).clamp(0, 1)
    square = w * w * interior + 2 * w * (1 - w) * between + (1 - w) ** 2 * boundary
    largest = torch.maximum(interior, boundary)
    return torch.where(largest > 0, square.clamp(min=0) / largest.clamp(min=1e-38), 0.0).sqrt()
