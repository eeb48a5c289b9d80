"""In which precision the network is computed, and how small gradients survive it."""

import math
from collections.abc import Sequence

import torch

from trainables.compute.config import ComputeConfig

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


LARGE = 48**3
"""Voxels of a patch from which bfloat16 pays without tiles: a step takes half as long at 48^3 and
above, and as long at 24^3 (experiments/LOG.md)."""


def find_precision(
    config: ComputeConfig, device: torch.device, patch_size: Sequence[int]
) -> torch.dtype:
    """The type of the network's convolutions on `device`; see `ComputeConfig.precision`.

    ``auto`` asks for hardware that gains with patches of `patch_size` voxels.

    >>> find_precision(ComputeConfig(precision="bfloat16"), torch.device("cpu"), (96, 96, 96))
    torch.bfloat16
    """
    if config.precision != "auto":
        return _TYPES[config.precision]
    if device.type == "cuda":
        gains = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        gains = has_tiles() or (has_vectors() and math.prod(patch_size) >= LARGE)
    return torch.bfloat16 if gains else torch.float32


def name_precision(config: ComputeConfig, device_type: str, patch_size: Sequence[int]) -> str:
    """What `find_precision` finds, by name; ``auto`` where this machine lacks the device.

    >>> name_precision(ComputeConfig(precision="float16"), "cuda", (96, 96, 96))
    'float16'
    """
    is_there = device_type == "cpu" or torch.cuda.is_available()
    if config.precision != "auto" or not is_there:
        return config.precision
    found = find_precision(config, torch.device(device_type), patch_size)
    return str(found).removeprefix("torch.")


def has_tiles() -> bool:
    """Whether this processor multiplies tiles of bfloat16 (AMX)."""
    return _says("_is_amx_tile_supported")


def has_vectors() -> bool:
    """Whether this processor multiplies vectors of bfloat16 (AVX-512 BF16)."""
    return _says("_is_avx512_bf16_supported")


def _says(name: str) -> bool:
    asks = getattr(torch.cpu, name, None)  # private; since torch 2.5
    return bool(asks and asks())


def autocast(precision: torch.dtype, device: torch.device) -> torch.autocast:
    """Within it the network computes in `precision`; of float32 it changes nothing."""
    return torch.autocast(device.type, precision, enabled=precision != torch.float32)


def make_scaler(precision: torch.dtype, device: torch.device) -> torch.amp.GradScaler:
    """What keeps the gradients of float16 from vanishing; for other precisions it does nothing.

    It multiplies the loss before the backward pass and divides the gradients after it. Where one
    has overflowed, the update is left out and the factor halved: that is no divergence.
    """
    return torch.amp.GradScaler(device.type, enabled=precision == torch.float16)
