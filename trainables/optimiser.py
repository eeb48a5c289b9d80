"""How weights are updated, and how the step width rises and falls over training."""

import math
from collections.abc import Iterable
from typing import Any, Literal

import torch
from pydantic import Field
from torch import nn

from trainables.ranges import check_number
from trainables.sections import Section


class OptimiserConfig(Section):
    """AdamW or SGD, with a step width that may rise at first and falls to 0."""

    kind: Literal["adamw", "sgd"] = Field(
        default="adamw", description="AdamW, or stochastic gradients with Nesterov's momentum."
    )
    learning_rate: float = Field(
        default=3e-3, gt=0, allow_inf_nan=False, description="Largest step width; above 0."
    )
    weight_decay: float = Field(
        default=1e-4,
        ge=0,
        allow_inf_nan=False,
        description="At least 0; decoupled with adamw, a part of the gradient with sgd.",
    )
    decayed: Literal["all", "kernels"] = Field(
        default="all",
        description="What weight_decay applies to: every weight, or kernels and matrices alone: "
        "not biases and the scales of norms and activations.",
    )
    momentum: float = Field(
        default=0.99, ge=0, lt=1, description="Of sgd; 0 to below 1. 0.99 is nnU-Net's."
    )
    warmup: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Part of training in which the step width rises from 0 in a straight line; "
        "the first of n steps has 1 / n of it.",
    )
    decay: Literal["cosine", "poly", "none"] = Field(
        default="cosine",
        description="Course of the step width after the warm-up; poly is (1 - t) ** 0.9.",
    )
    final: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Part of learning_rate that the decay ends at; 0 to 1.",
    )
    clip_norm: float = Field(
        default=1.0, gt=0, description="Largest norm of a gradient; above 0, inf for any."
    )
    fused: bool = Field(
        default=False,
        description="Update all weights in one pass: 3 to 6 times as fast, a few percent of the "
        "step of a large network, and rounded otherwise.",
    )
    ema_decay: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Of the moving average of the weights, which is judged and exported instead "
        "of them; below 1. 0 for none; 0.999 looks back over about 1000 steps.",
    )


def make_optimiser(
    config: OptimiserConfig, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """The optimiser `config` names over `parameters`, in one group or two.

    With ``decayed = kernels``, parameters of at least two axes decay and the rest, whose second
    group has ``weight_decay = 0``, do not. Sources: arXiv 1711.05101 (AdamW), arXiv 1809.10486
    (the momentum of SGD).
    """
    groups = _groups(config, list(parameters))
    # foreach: without it torch takes the weights one by one on a CPU.
    is_foreach = not config.fused
    if config.kind == "sgd":
        return torch.optim.SGD(
            groups,
            lr=config.learning_rate,
            momentum=config.momentum,
            nesterov=config.momentum > 0,
            foreach=is_foreach,
            fused=config.fused,
        )
    return torch.optim.AdamW(
        groups, lr=config.learning_rate, foreach=is_foreach, fused=config.fused
    )


def _groups(config: OptimiserConfig, parameters: list[nn.Parameter]) -> list[dict[str, Any]]:
    if config.decayed == "all":
        return [{"params": parameters, "weight_decay": config.weight_decay}]
    kernels = [weight for weight in parameters if weight.ndim > 1]
    rest = [weight for weight in parameters if weight.ndim <= 1]
    return [
        {"params": kernels, "weight_decay": config.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]


def learning_rate(progress: float, config: OptimiserConfig, step: float = 0.0) -> float:
    """The step width at the part `progress` (0 to 1) of training, for a step of length `step`.

    It is a function of progress alone, so there is no scheduler whose state could be lost::

        progress < warmup:  learning_rate * min(1, (progress + step) / warmup)
        else:               learning_rate * (final + (1 - final) * course(t))
                            with t = (progress - warmup) / (1 - warmup)

    While it rises, what counts is the end of the step: the first of n has 1 / n of the rate. A
    rate of 0 would move nothing but Adam's moments.

    The course is cosine ``(1 + cos(pi t)) / 2`` (arXiv 1608.03983, without restarts), poly
    ``(1 - t)^0.9`` (as nnU-Net, arXiv 1809.10486), or 1 throughout.

    Raises:
        ParameterError: the progress is outside [0, 1].

    >>> config = OptimiserConfig(learning_rate=1.0, warmup=0.5)
    >>> [learning_rate(t, config) for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    check_number("progress", progress, ge=0, le=1)
    if progress < config.warmup:
        return config.learning_rate * min(1.0, (progress + step) / config.warmup)
    time = (progress - config.warmup) / (1 - config.warmup)
    if config.decay == "none":
        return config.learning_rate
    if config.decay == "poly":
        course = float((1 - time) ** 0.9)
    else:
        course = (1 + math.cos(math.pi * time)) / 2
    return config.learning_rate * (config.final + (1 - config.final) * course)


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Use `rate` from the next step on."""
    for group in optimiser.param_groups:
        group["lr"] = rate
