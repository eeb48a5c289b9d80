"""Millimetres in one byte: how distances are kept, on disk and in patches."""

import torch
from torch import Tensor

from trainables.errors import ParameterError

STEP_MM = 1 / 16
LIMIT_MM = 127 * STEP_MM
"""7.9375 mm, the largest distance that is told apart: wider than any useful fuzzy band."""


def to_steps(distance_mm: Tensor) -> Tensor:
    """Distances in steps of 1/16 mm, exact to half a step up to `LIMIT_MM` and clipped there.

    The order of distances is kept, so that a lesion's deepest voxel still has the lesion's depth,
    and so is their sign: what is nearer to 0 than half a step becomes one step, never 0. A voxel
    is inside a region exactly if its steps are above 0.

    Args:
        distance_mm: Any shape, floating, mm, neither 0 nor NaN.

    Returns:
        int8 of that shape, in -127 ... -1 and 1 ... 127.

    >>> to_steps(torch.tensor([-20.0, -0.5, 0.01, 1.03]))
    tensor([-127,   -8,    1,   16], dtype=torch.int8)
    """
    steps = (distance_mm / STEP_MM).round_().clamp_(-127, 127).to(torch.int8)
    is_inside = distance_mm > 0
    return torch.where(is_inside, steps.clamp(min=1), steps.clamp_(max=-1))


def to_mm(steps: Tensor) -> Tensor:
    """The distances, float32 mm, of `steps` (int8, any shape), on their device.

    Raises:
        ParameterError: `steps` are not int8: they may be millimetres already.

    >>> to_mm(torch.tensor([-127, 16], dtype=torch.int8))
    tensor([-7.9375,  1.0000])
    """
    if steps.dtype != torch.int8:
        raise ParameterError(f"Parameter `steps` should be torch.int8. Found {steps.dtype}.")
    return steps * STEP_MM
