"""The region-wise curriculum: which voxels train when.

Our reading of arXiv 2601.19365 (its equations are not public): certain voxels first, then shells
of the boundary band, the nearest to the interface last.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from trainables.errors import ParameterError
from trainables.fuzzy import membership_profile
from trainables.ranges import check_number, check_whole
from trainables.sections import Section

Pace = Literal["linear", "quadratic", "root", "exponential", "logarithmic", "cosine", "step"]

_RATE = 3.0
"""Steepness of the exponential and the logarithmic pace, each the other's inverse."""

_PACES: dict[Pace, Callable[[float], float]] = {
    "linear": lambda x: x,
    "quadratic": lambda x: x * x,
    "root": math.sqrt,
    "exponential": lambda x: math.expm1(_RATE * x) / math.expm1(_RATE),
    "logarithmic": lambda x: math.log1p(math.expm1(_RATE) * x) / _RATE,
    "cosine": lambda x: (1 - math.cos(math.pi * x)) / 2,
    "step": lambda _: 0.0,
}


class CurriculumConfig(Section):
    """When the boundary band is taken into training, and in how many shells."""

    warmup: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Part a of training after which everything is admitted; 0 (no curriculum) "
        "to 1. 0, since no warm-up that was tried gained anything (experiments/LOG.md).",
    )
    start: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Difficulty b admitted at the first step; 0 (certain voxels alone) to 1 (all).",
    )
    pace: Pace = Field(default="linear", description="Course g of the admitted difficulty.")
    advance: Literal["schedule", "signal"] = Field(
        default="schedule",
        description="schedule: the pace follows training; signal: it advances while the certain "
        "voxels' loss is flat, and ends with the warm-up at the latest: give it one above 0.",
    )
    window: int = Field(
        default=50,
        ge=4,
        le=10_000,
        description="Steps over which the slope of the certain voxels' loss is taken, and flat "
        "steps that admit everything (signal); 4 to 10 000, useful from 20 to 200.",
    )
    flatness: float = Field(
        default=0.1,
        ge=0,
        allow_inf_nan=False,
        description="Fall over the window, as a part of the mean loss in it, up to which the loss "
        "counts as flat (signal); at least 0, useful from 0.02 to 0.5.",
    )
    shells: Literal[2, 3, 5] = Field(
        default=2, description="Number K of shells; 2 is interior and boundary."
    )
    softness: float = Field(
        default=0.25,
        gt=0,
        allow_inf_nan=False,
        description="Difference sigma of difficulty over which a shell fades in; above 0.",
    )


def shell_index(coordinate: Tensor, shells: int) -> Tensor:
    """The shell each voxel lies in: 0 where certain, then equal slices towards the interface.

    ``k = ceil((1 - |u|) (K - 1))``: shell 0 is ``|u| >= 1``, shell ``K - 1`` holds the interface.

    Args:
        coordinate: u, the place across the band, floating, any shape; beyond [-1, 1] it counts as
            certain. It should not hold NaN, which is not looked for.
        shells: Number K of shells, at least 2.

    Returns:
        int64 of the same shape, in {0, ..., K - 1}.

    Raises:
        ParameterError: K is no whole number of at least 2, or the coordinate is not floating.

    Source: our reading of arXiv 2601.19365.

    >>> shell_index(torch.tensor([-1.0, -0.9, -0.1, 0.0, 0.5, 1.0]), 3)
    tensor([0, 1, 2, 2, 1, 0])
    """
    check_whole("shells", shells, ge=2)
    _check_floating(coordinate)
    uncertainty = (1 - coordinate.abs()).clamp_(min=0)
    return uncertainty.mul_(shells - 1).ceil_().long()


def difficulty(coordinate: Tensor) -> Tensor:
    """The difficulty ``h = 4 S(u) (1 - S(u))``: 0 where certain, 1 on the interface.

    S is the smoothstep whatever the label's profile is, so that a pace means the same for all.

    Args:
        coordinate: u in [-1, 1], the place across the band, floating, any shape.

    Returns:
        h in [0, 1], of the same shape and type; NaN where u is.

    Raises:
        ParameterError: the coordinate is not floating.

    Source: our reading of arXiv 2601.19365.

    >>> difficulty(torch.tensor([-1.0, 0.0, 0.5]))
    tensor([0.0000, 1.0000, 0.5273])
    """
    _check_floating(coordinate)
    membership = membership_profile(coordinate)
    return 4 * membership * (1 - membership)


def pace(progress: float, config: CurriculumConfig) -> float:
    """The admitted difficulty ``lambda(t) = b + (1 - b) g(t / a)`` for t < a, then 1.

    g rises from 0 to 1: linear x; quadratic x²; root √x; exponential ``expm1(3x) / expm1(3)``;
    logarithmic ``log1p(expm1(3) x) / 3``, its inverse; cosine ``(1 - cos(pi x)) / 2``; step 0
    until the end of the warm-up.

    Args:
        progress: Part t of training that is done, in [0, 1].
        config: a `warmup`, b `start`, g `pace`.

    Returns:
        lambda in [0, 1], never less than at a smaller t.

    Raises:
        ParameterError: the progress is outside [0, 1].

    Source: the courses but the cosine are those of arXiv 2012.03107, which paces examples; that
    they pace difficulty within an image is our reading of arXiv 2601.19365.

    >>> [pace(t, CurriculumConfig(warmup=0.5)) for t in (0.0, 0.25, 0.5, 1.0)]
    [0.0, 0.5, 1.0, 1.0]
    """
    check_number("progress", progress, ge=0, le=1)
    is_over = progress >= config.warmup
    return admitted_difficulty(1.0 if is_over else progress / config.warmup, config)


def admitted_difficulty(part: float, config: CurriculumConfig) -> float:
    """What is admitted after the part x of the warm-up: ``lambda = b + (1 - b) g(x)``, 1 at x = 1.

    Args:
        part: Part x of the warm-up that is done, in [0, 1].
        config: b `start`, g `pace`, whose courses `pace` lists.

    Returns:
        lambda in [0, 1], never less than at a smaller x. It is 1 at x = 1 even where g, which
        waits in `step`, is not.

    Raises:
        ParameterError: `part` is outside [0, 1].

    Source: our reading of arXiv 2601.19365.

    >>> admitted_difficulty(0.5, CurriculumConfig(start=0.5))
    0.75
    """
    check_number("part", part, ge=0, le=1)
    if part == 1:
        return 1.0
    return min(1.0, config.start + (1 - config.start) * _PACES[config.pace](part))


def admission(progress: float, config: CurriculumConfig) -> Tensor:
    """How much each shell counts: ``a_k = clip(1 + (lambda(t) - h_k) / sigma, 0, 1)``, a_0 = 1.

    ``h_k`` is the difficulty at the middle of shell k, ``|u| = 1 - (k - 1/2) / (K - 1)``: the
    smaller one of K = 2 is 0.53 already. With a = 0 or b = 1 every shell is admitted throughout.

    Args:
        progress: Part t of training that is done, in [0, 1].
        config: sigma `softness`, K `shells`, and what `pace` takes.

    Returns:
        float32 (K,), in [0, 1], on the CPU.

    Raises:
        ParameterError: the progress is outside [0, 1].

    Source: our reading of arXiv 2601.19365.

    >>> [admission(t, CurriculumConfig(warmup=0.3)) for t in (0.0, 0.15)]
    [tensor([1., 0.]), tensor([1.0000, 0.8906])]
    """
    return admission_at(pace(progress, config), config)


def admission_at(admitted: float, config: CurriculumConfig) -> Tensor:
    """How much each shell counts where the difficulty lambda is admitted.

    ``a_k = clip(1 + (lambda - h_k) / sigma, 0, 1)``, a_0 = 1, with ``h_k`` as in `admission`.

    Args:
        admitted: Admitted difficulty lambda, in [0, 1].
        config: sigma `softness`, K `shells`.

    Returns:
        float32 (K,), in [0, 1], never rising from shell to shell, on the CPU.

    Raises:
        ParameterError: `admitted` is outside [0, 1].

    Source: our reading of arXiv 2601.19365.

    >>> admission_at(0.5, CurriculumConfig(shells=3))
    tensor([1., 1., 0.])
    """
    check_number("admitted", admitted, ge=0, le=1)
    slices = config.shells - 1
    middles = 1 - (torch.arange(1, config.shells) - 0.5) / slices
    counts = 1 + (admitted - difficulty(middles)) / config.softness
    return torch.cat((torch.ones(1), counts.clamp(0, 1)))


def _check_floating(coordinate: Tensor) -> None:
    if not coordinate.is_floating_point():
        raise ParameterError(
            f"Parameter `coordinate` should be floating, u in [-1, 1]. Found {coordinate.dtype}."
        )
