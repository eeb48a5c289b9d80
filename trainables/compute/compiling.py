"""The network as training runs it: its memory layout, and compiled where that is asked for."""

import shutil
from collections.abc import Callable

import torch
from torch import Tensor, nn

from trainables.compute.config import ComputeConfig
from trainables.errors import ParameterError

Forward = Callable[[Tensor], Tensor | list[Tensor]]


def make_forward(network: nn.Module, config: ComputeConfig, device: torch.device) -> Forward:
    """What a training step calls; it shares the weights of `network`, whose names stay its own.

    Evaluation and probes call the network itself, in other shapes, which would each be compiled.

    Raises:
        ParameterError: compilation is asked for and there is no compiler.
    """
    if config.channels_last:
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    forward: Forward = network
    if config.compile:
        _check_compiler(device)
        forward = torch.compile(network, dynamic=False)
    return forward


def _check_compiler(device: torch.device) -> None:
    if device.type == "cpu" and not any(map(shutil.which, ("g++", "clang++", "cl"))):
        raise ParameterError(
            "Parameter `compute.compile` should be false without a C++ compiler. "
            "Found `compute.compile = True` and neither g++ nor clang++: install one."
        )
