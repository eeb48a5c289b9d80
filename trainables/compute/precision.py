"""In which precision the network is computed, and how small gradients survive it."""

import torch

from trainables.compute.config import ComputeConfig

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def find_precision(config: ComputeConfig, device: torch.device) -> torch.dtype:
    """The type of the network's convolutions on `device`; see `ComputeConfig.precision`.

    ``auto`` asks for hardware that gains whatever the shapes. A processor that has bfloat16 without
    AMX tiles (AVX-512 BF16) gains with large patches and not with small ones: there it is for the
    user to say.

    >>> find_precision(ComputeConfig(precision="bfloat16"), torch.device("cpu"))
    torch.bfloat16
    """
    if config.precision != "auto":
        return _TYPES[config.precision]
    if device.type == "cuda":
        gains = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        gains = has_tiles()
    return torch.bfloat16 if gains else torch.float32


def name_precision(config: ComputeConfig, device_type: str) -> str:
    """What `find_precision` finds, by name; ``auto`` where this machine lacks the device.

    >>> name_precision(ComputeConfig(precision="float16"), "cuda")
    'float16'
    """
    is_there = device_type == "cpu" or torch.cuda.is_available()
    if config.precision != "auto" or not is_there:
        return config.precision
    return str(find_precision(config, torch.device(device_type))).removeprefix("torch.")


def has_tiles() -> bool:
    """Whether this processor multiplies tiles of bfloat16 (AMX)."""
    asks = getattr(torch.cpu, "_is_amx_tile_supported", None)  # private; since torch 2.5
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
