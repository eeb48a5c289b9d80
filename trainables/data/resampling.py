"""Volumes on a grid of another spacing: averages of what linear interpolation gives between voxels.

The new grid has the same middle as the old one. Each of its voxels is the linear interpolant of
the old ones, averaged over the ``s - 1`` old voxels by which the new voxel is the wider one
(s old voxels to a new one; no average for s <= 1): no aliasing where a grid gets coarser, plain
linear interpolation where it gets finer, and nothing at all where it stays. All weights are
non-negative and sum to 1, so that values keep their range and nested regions stay nested, which
splines would break at the rim of a skull-stripped head. Linear functions of position are kept
exactly, so nothing is shifted.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor

Mask = npt.NDArray[np.bool_]

HALF = 0.5 - 1e-4
"""Part of a voxel that must be covered; a tie counts as covered, whichever way it is rounded."""
_POINT = 1e-6
"""Voxels below which an interval is a point."""


def resample(volume: Tensor, shape: Sequence[int], steps: Sequence[float]) -> Tensor:
    """`volume` (C, X, Y, Z), floating, on a grid of `shape` with the same middle.

    Args:
        volume: Any finite values; beyond its edge it goes on as at the edge.
        shape: Voxels of the new grid along each axis, above 0.
        steps: Old voxels from one new voxel to the next, for each axis, above 0.

    Returns:
        (C, *shape), of the type of `volume`; between its smallest and largest value. The volume
        itself where the grid is the same.

    >>> resample(torch.tensor([[[[0.0, 2.0, 4.0, 6.0]]]]), (1, 1, 2), (1, 1, 2)).flatten().tolist()
    [1.0, 5.0]
    """
    for axis, (size, step) in enumerate(zip(shape, steps, strict=True), start=1):
        if step != 1 or size != volume.shape[axis]:
            volume = _multiply(_weights(volume.shape[axis], size, step).to(volume), volume, axis)
    return volume


def resample_image(image: Tensor, shape: Sequence[int], steps: Sequence[float]) -> Tensor:
    """`image` (M, X, Y, Z) resampled within each modality's non-zero voxels alone.

    The mask is resampled too: a voxel that it covers by less than half is exactly 0, any other
    the average of non-zero voxels. So the head neither fades at its rim nor grows. Lone zeros
    inside it are filled in.
    """
    if _is_same(image, shape, steps):
        return image
    found = torch.zeros(len(image), *shape)
    for modality, out in zip(image, found, strict=True):
        part = (modality != 0).float()
        covered = resample(part[None], shape, steps)[0]
        total = resample(modality[None].float(), shape, steps)[0]
        out.copy_((total / covered.clamp(min=HALF)).masked_fill_(covered < HALF, 0))
    return found


def resample_label(label: Tensor, shape: Sequence[int], steps: Sequence[float]) -> Tensor:
    """Regions `label` (bool, C x X x Y x Z) resampled: the voxels that each covers by half.

    Unlike the nearest voxel's answer, this keeps volumes and surfaces where they are to a part of
    a voxel. A lesion too small to cover half of any voxel keeps the one at its middle, in its
    region and in every region that held it, so that no lesion is lost. Two lesions may still
    merge where the grid gets coarser.
    """
    if _is_same(label, shape, steps):
        return label
    found = torch.stack([resample(r[None].float(), shape, steps)[0] >= HALF for r in label])
    for before, after in zip(label, found, strict=True):
        _keep_lesions(before.numpy(), after.numpy(), steps)  # writes into `found`
    for inner in range(len(label)):
        for outer in range(len(label)):
            if inner != outer and not (label[inner] & ~label[outer]).any():
                found[outer] |= found[inner]
    return found


def _is_same(volume: Tensor, shape: Sequence[int], steps: Sequence[float]) -> bool:
    return tuple(shape) == volume.shape[1:] and all(step == 1 for step in steps)


def _weights(size: int, new_size: int, step: float) -> Tensor:
    """The part (new_size x size, float64) of each old voxel in each new one; rows sum to 1."""
    places = torch.arange(size, dtype=torch.float64)
    middles = torch.arange(new_size, dtype=torch.float64) - (new_size - 1) / 2
    middles = (middles * step + (size - 1) / 2)[:, None]
    reach = max(step - 1, 0) / 2
    low, high = ((middles + side).clamp(0, size - 1) for side in (-reach, reach))
    width = high - low
    average = (_hat_sum(high - places) - _hat_sum(low - places)) / width.clamp(min=_POINT)
    point = (1 - ((low + high) / 2 - places).abs()).clamp(min=0)
    return torch.where(width > _POINT, average, point)


def _hat_sum(u: Tensor) -> Tensor:
    """The integral of the hat function max(1 - abs(t), 0) up to `u`."""
    inside = u.clamp(-1, 1)
    return 0.5 + inside - inside * inside.abs() / 2


def _multiply(weights: Tensor, volume: Tensor, axis: int) -> Tensor:
    """`weights` (new x old) times `volume` along `axis`, without moving that axis in memory."""
    if axis == volume.ndim - 1:
        return volume @ weights.T
    shape = (*volume.shape[:axis], len(weights), *volume.shape[axis + 1 :])
    return (weights @ volume.flatten(axis + 1)).reshape(shape)


def _keep_lesions(before: Mask, after: Mask, steps: Sequence[float]) -> None:
    """Give each lesion of the mask `before` that has no voxel in `after` the one at its middle."""
    numbers, count = ndimage.label(before, structure=np.ones((3, 3, 3)))
    places = np.argwhere(before)
    if not count:
        return
    sizes = [np.array(mask.shape) for mask in (before, after)]
    there = (places - (sizes[0] - 1) / 2) / np.array(steps) + (sizes[1] - 1) / 2
    there = np.clip(np.rint(there), 0, sizes[1] - 1).astype(int)
    owners = numbers[before]
    held = np.bincount(owners, weights=after[tuple(there.T)], minlength=count + 1)
    for number in np.flatnonzero(held[1:] == 0) + 1:
        own = owners == number
        away = ((places[own] - places[own].mean(0)) ** 2).sum(1)
        after[tuple(there[own][away.argmin()])] = True
