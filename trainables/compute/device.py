"""Where training runs, and what of it is set for the whole process."""

import os

import torch

from trainables.compute.allocator import keep_freed_memory
from trainables.compute.config import ComputeConfig
from trainables.errors import ParameterError


def find_device(name: str) -> torch.device:
    """The device called `name`; ``auto`` is an accelerator where there is one.

    Of several accelerators it is the one whose number LOCAL_RANK says, as torchrun and Ray Train
    set it, or the first.

    Raises:
        ParameterError: ``cuda`` is asked for and not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name != "cuda":
        return torch.device(name)
    if not torch.cuda.is_available():
        raise ParameterError(
            "Parameter `device` should name a device of this machine. "
            "Found `device = cuda` and no accelerator: use auto or cpu."
        )
    # a host that shows each process one accelerator alone still counts processes
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())


def set_up_process(config: ComputeConfig, device: torch.device) -> None:
    """Set what torch and the C library keep for the whole process."""
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cuda.matmul.allow_tf32 = config.tf32
        torch.backends.cudnn.allow_tf32 = config.tf32
        torch.backends.cudnn.benchmark = config.tune_convolutions
    elif config.keep_memory:
        keep_freed_memory()
