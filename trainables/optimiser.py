"""How weights are updated, and how the step width falls over training."""

import math
from collections.abc import Iterable
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from trainables.ranges import check_number
from trainables.sections import Section


class OptimiserConfig(Section):
    """AdamW with a step width that falls to 0."""

    learning_rate: float = Field(
        default=3e-3, gt=0, allow_inf_nan=False, description="Step width at the start; above 0."
    )
    weight_decay: float = Field(
        default=1e-4, ge=0, allow_inf_nan=False, description="Decoupled decay; at least 0."
    )
    decay: Literal["cosine", "poly", "none"] = Field(
        default="cosine", description="Course of the step width; poly is (1 - t) ** 0.9."
    )
    clip_norm: float = Field(
        default=1.0, gt=0, description="Largest norm of a gradient; above 0, inf for any."
    )


def make_optimiser(
    config: OptimiserConfig, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """AdamW over `parameters`."""
    return torch.optim.AdamW(
        parameters, lr=config.learning_rate, weight_decay=config.weight_decay, foreach=True
    )


def learning_rate(progress: float, config: OptimiserConfig) -> float:
    """The step width at the part `progress` (0 to 1) of training.

    It is a function of progress alone, so there is no scheduler whose state could be lost: cosine
    ``(1 + cos(pi t)) / 2`` (arXiv 1608.03983, without restarts), poly ``(1 - t)^0.9`` (as nnU-Net,
    arXiv 1809.10486), or 1 throughout.

    Raises:
        ParameterError: the progress is outside [0, 1].

    >>> [learning_rate(t, OptimiserConfig(learning_rate=1.0)) for t in (0.0, 0.5, 1.0)]
    [1.0, 0.5, 0.0]
    """
    check_number("progress", progress, ge=0, le=1)
    if config.decay == "cosine":
        return config.learning_rate * (1 + math.cos(math.pi * progress)) / 2
    if config.decay == "poly":
        return float(config.learning_rate * (1 - progress) ** 0.9)
    return config.learning_rate


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Use `rate` from the next step on."""
    for group in optimiser.param_groups:
        group["lr"] = rate
