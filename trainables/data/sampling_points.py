"""Where patches may be centred: voxels of the regions, of their boundary, and of each lesion.

Found once for a case and kept beside it, so that a sampler never has to look through a volume.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from trainables.boxes import tight_box
from trainables.compact import STEP_MM
from trainables.errors import DataError
from trainables.spacing import check_spacing

MOST_VOXELS = 2**16
"""Voxels that are kept of a region, and of the boundary: 384 KiB."""

MOST_LESIONS = 1024
"""Lesions that are kept of a case."""

MOST_OF_A_LESION = 64
"""Voxels that are kept of a lesion: all of a small one."""

_FARTHEST_STEPS = 126
"""127 may be any distance."""


@dataclass(frozen=True, slots=True)
class SamplingPoints:
    """Voxel indices of one case, each tensor int16 (N, 3) along X, Y, Z.

    `regions` has one tensor for each of the C regions, an empty one for an empty region;
    `boundary` is of all regions together; `lesions` has one tensor, never empty, for each
    connected component of each region.
    """

    regions: tuple[Tensor, ...]
    boundary: Tensor
    lesions: tuple[Tensor, ...]

    def to_tensors(self) -> dict[str, Tensor]:
        """The same as five plain tensors, for a file."""
        return {
            "regions": _joined(self.regions),
            "region_sizes": _sizes(self.regions),
            "boundary": self.boundary,
            "lesions": _joined(self.lesions),
            "lesion_sizes": _sizes(self.lesions),
        }

    @staticmethod
    def from_tensors(tensors: Mapping[str, Tensor]) -> "SamplingPoints":
        """What `to_tensors` was called on; the voxels are views of `tensors`."""
        regions, lesions = (
            torch.split_with_sizes(tensors[f"{kind}s"], tensors[f"{kind}_sizes"].tolist())
            for kind in ("region", "lesion")
        )
        return SamplingPoints(tuple(regions), tensors["boundary"], tuple(lesions))


def find_points(label: Tensor, phi: Tensor, spacing_mm: Sequence[float]) -> SamplingPoints:
    """Where patches of a case may be centred.

    The boundary is every voxel whose interface, of any region, is no farther than the largest
    spacing: so it has voxels on both sides at any anisotropy. Interfaces count that lie outside a
    cropped case. A lesion is a connected component of one region (neighbours share a face, an edge
    or a corner): one that is told apart in two regions counts in each, as its scores do.

    Of more than `MOST_VOXELS` voxels, `MOST_OF_A_LESION` voxels and `MOST_LESIONS` lesions, so
    many are kept, drawn at random but always the same. They keep the order of the voxels.

    Args:
        label: bool (C, X, Y, Z), no edge longer than 32767.
        phi: Signed distance of `label`, int8 steps of 1/16 mm, see `trainables.compact`.
        spacing_mm: Spacing along X, Y, Z, mm.

    Returns:
        The points; an empty region has none.

    Raises:
        DataError: an edge is too long for int16.
        ParameterError: a spacing is not above 0.

    >>> label = torch.tensor([1, 1, 0, 0, 0, 1]).bool().view(1, 6, 1, 1)
    >>> phi = torch.tensor([24, 8, -8, -24, -8, 8]).to(torch.int8).view(1, 6, 1, 1)
    >>> points = find_points(label, phi, (1.0, 1.0, 1.0))
    >>> [lesion[:, 0].tolist() for lesion in points.lesions], points.boundary[:, 0].tolist()
    ([[0, 1], [5]], [1, 2, 4, 5])
    """
    check_spacing(spacing_mm, 3, least_axes=3)
    if max(label.shape) > 32767:
        raise DataError(
            [f"A volume should have edges of at most 32767 voxels. Found {tuple(label.shape)}."]
        )
    near = min(int(max(spacing_mm) / STEP_MM), _FARTHEST_STEPS)
    boundary = ((phi >= -near) & (phi <= near)).any(dim=0)
    return SamplingPoints(
        regions=tuple(_voxels(region, MOST_VOXELS) for region in label),
        boundary=_voxels(boundary, MOST_VOXELS),
        lesions=_thinned([lesion for region in label for lesion in _lesions(region)]),
    )


def _voxels(mask: Tensor, most: int) -> Tensor:
    """The voxels (N, 3) of `mask` (X, Y, Z), at most so many."""
    voxels = mask.nonzero()
    return voxels[_some(len(voxels), most)].to(torch.int16)


def _lesions(region: Tensor) -> list[Tensor]:
    """The voxels of each connected component of `region` (X, Y, Z)."""
    box = tight_box(region)
    if box is None:
        return []
    corner = torch.tensor([side.start for side in box])
    numbers, _ = ndimage.label(region[box].cpu().numpy(), structure=np.ones((3, 3, 3), dtype=bool))
    found = []
    for number, part in enumerate(ndimage.find_objects(numbers), start=1):
        voxels = _voxels(torch.from_numpy(numbers[part] == number), MOST_OF_A_LESION)
        start = corner + torch.tensor([side.start for side in part])
        found.append(voxels + start.to(torch.int16))
    return found


def _thinned(lesions: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return tuple(lesions[n] for n in _some(len(lesions), MOST_LESIONS).tolist())


def _some(count: int, most: int) -> Tensor:
    """At most so many of the numbers below `count`, ascending, always the same ones."""
    if count <= most:
        return torch.arange(count)
    generator = torch.Generator().manual_seed(0)
    return torch.randperm(count, generator=generator)[:most].sort().values


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([torch.empty(0, 3, dtype=torch.int16), *parts])


def _sizes(parts: Sequence[Tensor]) -> Tensor:
    return torch.tensor([len(part) for part in parts], dtype=torch.int64)
