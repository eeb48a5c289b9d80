"""The loss of a network that answers at several resolutions."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import interpolate

_MODES = {3: "linear", 4: "bilinear", 5: "trilinear"}


def supervised_losses(
    outputs: Tensor | Sequence[Tensor], losses_of: Callable[[Tensor], Tensor]
) -> Tensor:
    """The losses (K,) of all outputs together, with weights that halve from one to the next.

    Output i of n counts ``2^-i / sum_j 2^-j``. A coarse output is brought onto the grid of the
    finest by linear interpolation, rather than the label onto its: a label at half the resolution
    would have other shells, and a lesion of one voxel none.

    Args:
        outputs: Logits (B, C, *spatial); or several, the finest first.
        losses_of: The losses (K,) of logits on the finest grid.

    Returns:
        (K,). Of one output it is ``losses_of(output)``, to the bit.

    Source: arXiv 1409.5185 (deep supervision); the weights are nnU-Net's.

    >>> fine, coarse = torch.ones(1, 1, 4), torch.zeros(1, 1, 2)
    >>> supervised_losses([fine, coarse], lambda logits: logits.mean().view(1))
    tensor([0.6667])
    """
    if isinstance(outputs, Tensor):
        return losses_of(outputs)
    size = outputs[0].shape[2:]
    total = sum(2.0**-i for i in range(len(outputs)))
    parts = [losses_of(_on_grid(out, size)) * 2.0**-i for i, out in enumerate(outputs)]
    return torch.stack(parts).sum(dim=0) / total


def _on_grid(logits: Tensor, size: torch.Size) -> Tensor:
    if logits.shape[2:] == size:
        return logits
    return interpolate(logits, size, mode=_MODES[logits.ndim], align_corners=False)
