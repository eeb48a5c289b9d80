"""What training trades for speed."""

from typing import Literal

from pydantic import Field

from trainables.sections import Section


class ComputeConfig(Section):
    """How the network is computed. Labels, losses and metrics stay in float32 whatever it says."""

    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Of the network's convolutions: auto is bfloat16 on an accelerator that has "
        "it and on processors with AMX tiles, or with AVX-512 BF16 and patches of at least 48^3 "
        "voxels, else float32; float16 scales its gradients.",
    )
    compile: bool = Field(
        default=False,
        description="Compile the network (torch.compile): the first step takes up to minutes; on "
        "a processor it needs a C++ compiler.",
    )
    channels_last: bool = Field(
        default=False,
        description="Keep channels innermost in memory; meant for accelerators in half "
        "precision, on processors it is no faster.",
    )
    keep_memory: bool = Field(
        default=True,
        description="Keep freed memory in the process for the next tensor (CPU, glibc); a step "
        "may be several times as fast, and its peak grows by about a third.",
    )
    tf32: bool = Field(
        default=True,
        description="Round to 10 bits inside float32 products (CUDA): 2 to 8 times as fast there.",
    )
    tune_convolutions: bool = Field(
        default=True,
        description="Time the algorithms of cuDNN at the first step and keep the fastest (CUDA); "
        "runs then repeat up to rounding only.",
    )
    processes: int = Field(
        default=1,
        ge=1,
        description="That train together on one machine, each its part of every batch: a divisor "
        "of batch_size. On CUDA each has a device of its own: with `resources.gpu: 2` in a sweep, "
        "2. On processors they share the cores. No search may vary it; under torchrun it is not "
        "looked at.",
    )
