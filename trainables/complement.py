"""Intuitionistic targets: what speaks for a voxel, what against it, and what for neither.

Source: intuitionistic fuzzy sets after Atanassov (1986), with the complements of Sugeno (1977) and
Yager (1979); their use here is our reading of arXiv 2601.19365.
"""

from typing import Literal

import torch
from torch import Tensor

from trainables.ranges import check_number

Complement = Literal["symmetric", "sugeno", "yager"]


def symmetric_target(mu: Tensor, hesitation: float) -> tuple[Tensor, Tensor]:
    """Target q and weight w where doubt takes as much from both sides.

    With ``pi = kappa 2 mu (1 - mu)`` the membership is ``M = mu - pi / 2``, the non-membership
    ``N = 1 - mu - pi / 2``, so ``w = M + N = 1 - pi`` and ``q = M / w``. ``q > 1/2`` exactly where
    ``mu > 1/2``; at kappa = 0, q is mu and w is 1.

    Args:
        mu: Membership in [0, 1], floating, any shape; values beyond are not looked for.
        hesitation: kappa, 0 to 1.

    Returns:
        q in [0, 1] and w in (0, 1], each of the shape and type of mu.

    Raises:
        ParameterError: the hesitation is out of range.

    >>> [t.tolist() for t in symmetric_target(torch.tensor([0.0, 0.5, 1.0]), 1.0)]
    [[0.0, 0.5, 1.0], [1.0, 0.5, 1.0]]
    """
    check_number("hesitation", hesitation, ge=0, le=1)
    pi = (1 - mu).mul_(mu).mul_(2 * hesitation)
    weight = 1 - pi
    return mu.sub(pi, alpha=0.5).div_(weight), weight


def sugeno_target(mu: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Target and weight with M = mu and Sugeno's complement ``N = (1 - mu) / (1 + lambda mu)``.

    lambda = 0 is no doubt. Above 0 it takes from the non-membership alone: q exceeds mu between 0
    and 1, so that lesions grow. ``q > 1/2`` from ``mu > (sqrt(1 + lambda) - 1) / lambda`` on: 0.41
    at lambda = 1, which no voxel beside the interface reaches in a band of 1.5 mm at 1 mm spacing.

    Args:
        mu: Membership in [0, 1], floating, any shape; values beyond are not looked for.
        strength: lambda, at least 0.

    Returns:
        q in [0, 1] and w in (0, 1], each of the shape and type of mu.

    Raises:
        ParameterError: the strength is out of range.

    >>> round(float(sugeno_target(torch.tensor(0.5), 1.0)[0]), 6)
    0.6
    """
    check_number("strength", strength, ge=0)
    return _joined(mu, (1 - mu).div_((strength * mu).add_(1)))


def yager_target(mu: Tensor, power: float) -> tuple[Tensor, Tensor]:
    """Target and weight with M = mu and Yager's complement ``N = (1 - mu^alpha)^(1 / alpha)``.

    alpha = 1 is no doubt. Below 1 it takes from the non-membership alone, as Sugeno's does:
    ``q > 1/2`` from ``mu > 2^(-1 / alpha)`` on, 0.25 at alpha = 1/2.

    Args:
        mu: Membership in [0, 1], floating, any shape; values beyond are not looked for.
        power: alpha, above 0 to 1.

    Returns:
        q in [0, 1] and w in (0, 1], each of the shape and type of mu.

    Raises:
        ParameterError: the power is out of range.

    >>> round(float(yager_target(torch.tensor(0.25), 0.5)[0]), 6)
    0.5
    """
    check_number("power", power, gt=0, le=1)
    is_above = mu > 0  # at 0 the power's slope is infinite, and its part of a gradient NaN
    root = torch.where(is_above, mu, 1.0).pow(power)
    return _joined(mu, torch.where(is_above, root, 0.0).neg_().add_(1).pow_(1 / power))


def _joined(membership: Tensor, non_membership: Tensor) -> tuple[Tensor, Tensor]:
    """Q and w so that ``-(M log p + N log(1 - p)) = w BCE(p, q)``."""
    weight = membership + non_membership
    return membership / weight, weight
