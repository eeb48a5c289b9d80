"""The region-wise curriculum: which voxels train when.

Our reading of arXiv 2601.19365 (its equations are not public): certain voxels first, then shells
of the boundary band, the nearest to the interface last.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from trainables.errors import ParameterError
from trainables.fuzzy import membership_profile

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


class CurriculumConfig(BaseModel):
    """When the boundary band is taken into training, and in how many shells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warmup: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Part a of training after which everything is admitted; 0 (no curriculum) "
        "to 1, useful up to 0.8.",
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
        description="schedule: the pace follows training; signal: it waits while the certain "
        "voxels are still learned, until the warm-up ends.",
    )
    window: int = Field(
        default=50,
        ge=4,
        le=10_000,
        description="Steps over which the slope of the certain voxels' loss is taken (signal).",
    )
    flatness: float = Field(
        default=0.1,
        ge=0,
        allow_inf_nan=False,
        description="Fall over the window, as a part of the mean loss in it, below which the loss "
        "counts as flat (signal); at least 0.",
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
        coordinate: u in [-1, 1], any shape.
        shells: Number K of shells, at least 2.

    Returns:
        int64 of the same shape, in {0, ..., K - 1}.

    Raises:
        ParameterError: fewer than 2 shells.

    >>> shell_index(torch.tensor([-1.0, -0.9, -0.1, 0.0, 0.5, 1.0]), 3)
    tensor([0, 1, 2, 2, 1, 0])
    """
    if shells < 2:
        raise ParameterError(f"Parameter `shells` should be at least 2. Found `shells = {shells}`.")
    uncertainty = (1 - coordinate.abs()).clamp_(min=0)
    return uncertainty.mul_(shells - 1).ceil_().long()


def difficulty(coordinate: Tensor) -> Tensor:
    """The difficulty ``h = 4 S(u) (1 - S(u))``: 0 where certain, 1 on the interface.

    S is the smoothstep whatever the label's profile is, so that a pace means the same for all.

    >>> difficulty(torch.tensor([-1.0, 0.0, 0.5]))
    tensor([0.0000, 1.0000, 0.5273])
    """
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

    >>> [pace(t, CurriculumConfig(warmup=0.5)) for t in (0.0, 0.25, 0.5, 1.0)]
    [0.0, 0.5, 1.0, 1.0]
    """
    check_progress(progress)
    return admitted_difficulty(progress / config.warmup if config.warmup else 1.0, config)


def admitted_difficulty(part: float, config: CurriculumConfig) -> float:
    """What is admitted after `part` x of the warm-up: ``b + (1 - b) g(x)``, and 1 from x = 1."""
    if part >= 1:
        return 1.0
    return min(1.0, config.start + (1 - config.start) * _PACES[config.pace](part))


def check_progress(progress: float) -> None:
    """Refuse a part of training outside [0, 1]."""
    if not 0 <= progress <= 1:
        raise ParameterError(
            f"Parameter `progress` should lie in [0, 1]. Found `progress = {progress}`."
        )


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

    >>> admission(0.0, CurriculumConfig()), admission(0.15, CurriculumConfig())
    (tensor([1., 0.]), tensor([1.0000, 0.8906]))
    """
    return admission_at(pace(progress, config), config)


def admission_at(admitted: float, config: CurriculumConfig) -> Tensor:
    """How much each shell counts, (K,), where the difficulty `admitted` (lambda) is."""
    slices = config.shells - 1
    middles = 1 - (torch.arange(1, config.shells) - 0.5) / slices
    counts = 1 + (admitted - difficulty(middles)) / config.softness
    return torch.cat((torch.ones(1), counts.clamp(0, 1)))
