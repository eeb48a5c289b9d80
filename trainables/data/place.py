"""Where a patch lies in a case, and what is done to it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainables.data.augmentation.record import Augmentation

Size = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patch lies: the number of its case, its first voxel and its size there.

    It is on the case's own grid, and may begin below 0 and end beyond the case, which is padded
    there. The size is that before the patch is turned. `augmentation` is what is done to it.
    """

    number: int
    corner: Size
    size: Size
    augmentation: Augmentation

    def cut(self, tensor: Tensor, beyond: float) -> Tensor:
        """The patch of a `tensor` (C, X, Y, Z) on the case's grid, `beyond` where it is padded.

        Turned and flipped as the patch is, and neither bent nor recoloured.
        """
        patch = read_box(tensor, self.corner, self.size, beyond)
        return self.augmentation.orientation.apply(patch)

    def source(self, spacing_mm: tuple[float, float, float]) -> tuple[Size, Size]:
        """First voxel and size of what has to be read of a case: more, where it will be bent."""
        size = self.augmentation.source_size(self.size, spacing_mm)
        x, y, z = (c - (n - m) // 2 for c, n, m in zip(self.corner, size, self.size, strict=True))
        return (x, y, z), size


def read_box(tensor: Tensor, corner: Size, size: Size, beyond: float) -> Tensor:
    """The box of `tensor` (C, X, Y, Z) from `corner` on, (C, *size), `beyond` outside the tensor.

    Only what lies in the box is read, and a view is returned where all of it lies in the tensor:
    so a tensor may be mapped from a file.

    >>> read_box(torch.arange(4).view(1, 4, 1, 1), (2, 0, 0), (3, 1, 1), beyond=-1).flatten()
    tensor([ 2,  3, -1])
    """
    ends = [c + edge for c, edge in zip(corner, size, strict=True)]
    kept = [slice(max(0, c), max(0, end)) for c, end in zip(corner, ends, strict=True)]
    inside = tensor[(slice(None), *kept)]
    if inside.shape[1:] == torch.Size(size):
        return inside
    box = tensor.new_full((len(tensor), *size), beyond)
    starts = (max(0, -c) for c in corner)
    places = (slice(a, a + n) for a, n in zip(starts, inside.shape[1:], strict=True))
    box[(slice(None), *places)] = inside
    return box
