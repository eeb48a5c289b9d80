"""From one case on disk to what training takes: normalised, cropped, with distances of the whole.

Signed distance and component depth are computed on the whole volume *before* any crop, since a
cut lesion has a wrong depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from trainables.boxes import box_around
from trainables.data.cases import Case, load_case
from trainables.data.distances import compact_distances
from trainables.data.geometry import to_working_grid
from trainables.data.labels import LabelMap
from trainables.data.sampling_points import SamplingPoints, find_points
from trainables.errors import DataError

Box = tuple[slice, ...]
Spacing = tuple[float, float, float]
ImageType = Literal["float32", "float16"]

BLOCK_MARGIN_MM = 12.0
"""What is kept around the lesions where a case is cut into blocks."""


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A case as training takes it; M modalities, C regions, on one cropped grid X x Y x Z.

    `image` float32 or float16 (M, X, Y, Z), see `normalise`; `label` bool (C, X, Y, Z); `phi` and
    `depth` int8 (C, X, Y, Z), in steps of 1/16 mm, see `trainables.compact`; `spacing_mm` per
    axis; `points` where patches may be centred. The grid runs along RAS+. Tensors may be mapped
    files: who cuts a patch reads that patch; who copies a volume reads it all.
    """

    case_id: str
    image: Tensor
    label: Tensor
    phi: Tensor
    depth: Tensor
    spacing_mm: Spacing
    points: SamplingPoints


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that the prepared form of one `case` depends on, besides the bytes of its files.

    `labels` are the regions; `spacing_mm` that of the working grid, the case's own where None;
    `image_type` that of the image; `blocks` into how many parts it is cut.
    """

    case: Case
    labels: LabelMap
    spacing_mm: Spacing | None
    image_type: ImageType
    blocks: int

    @property
    def unit_ids(self) -> tuple[str, ...]:
        """Ids of what `prepare` gives: the case's, or those of its blocks."""
        name = self.case.case_id
        return (name,) if self.blocks == 1 else block_ids(name, self.blocks)


def block_ids(case_id: str, blocks: int) -> tuple[str, ...]:
    """Ids of the blocks that a case is cut into.

    >>> block_ids("a", 2)
    ('a/block-0', 'a/block-1')
    """
    return tuple(f"{case_id}/block-{number}" for number in range(blocks))


def prepare(recipe: Recipe) -> tuple[PreparedCase, ...]:
    """The case of `recipe`, cropped to its foreground; or the blocks of the box of its lesions.

    A label outside the head belongs to the foreground: it would vanish from every metric else.
    It does not depend on the number of threads, bit for bit.

    Raises:
        DataError: the case cannot be read, has no label, or is too short to be cut.
    """
    volume, _ = to_working_grid(load_case(recipe.case, recipe.labels), recipe.spacing_mm)
    label = volume.label
    if label is None:  # `load_case` refuses it
        raise DataError([f"Case {volume.case_id} should have a label to train on. Found none."])
    phi, depth = compact_distances(label, volume.spacing_mm)
    image = normalise(volume.image).to(getattr(torch, recipe.image_type))
    boxes = [foreground_box(volume.image, label)]
    if recipe.blocks > 1:
        lesions = box_around(label.any(dim=0), volume.spacing_mm, BLOCK_MARGIN_MM)
        boxes = _cut(volume.case_id, label.shape[1:], lesions or boxes[0], recipe.blocks)
    units = []
    for name, box in zip(recipe.unit_ids, boxes, strict=True):
        part = tuple(tensor[:, *box].clone() for tensor in (image, label, phi, depth))
        units.append(_unit(name, part, volume.spacing_mm))
    return tuple(units)


def normalise(image: Tensor) -> Tensor:
    """`image` (M, X, Y, Z) with mean 0 and deviation 1 over each modality's non-zero voxels.

    The mask is "not 0", not "above 0": resampled skull-stripped scans have negative voxels inside
    the head. Voxels outside it stay 0. A constant modality becomes 0.

    >>> normalise(torch.tensor([[[[0.0, -1.0, 1.0]]]]))
    tensor([[[[ 0., -1.,  1.]]]])
    """
    found = torch.zeros(image.shape, dtype=torch.float32)
    for source, target in zip(image, found, strict=True):
        mask = source != 0
        inside = source[mask].double().numpy()  # whose sums do not depend on threads
        if inside.size:
            inside -= inside.mean()
            inside /= max(np.sqrt(np.square(inside).mean()), 1e-8)
            target[mask] = torch.from_numpy(inside).float()
    return found


def foreground_box(image: Tensor, label: Tensor | None = None) -> Box:
    """The smallest box (of X, Y, Z) that holds every non-zero voxel of `image` (M, X, Y, Z).

    It holds every voxel of `label` too, bool (C, X, Y, Z), where that is given. The whole volume
    where there is none.
    """
    box = []
    mask = (image != 0).any(dim=0)
    if label is not None:
        mask |= label.any(dim=0)
    for axis, size in enumerate(mask.shape):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        hits = mask.any(dim=others).nonzero()
        box.append(slice(int(hits[0]), int(hits[-1]) + 1) if len(hits) else slice(0, size))
    return tuple(box)


def _unit(name: str, part: tuple[Tensor, ...], spacing_mm: Spacing) -> PreparedCase:
    image, label, phi, depth = part
    points = find_points(label, phi, spacing_mm)
    return PreparedCase(name, image, label, phi, depth, spacing_mm, points)


def _cut(case_id: str, shape: Sequence[int], box: Box, blocks: int) -> list[Box]:
    """`box` in `blocks` nearly equal parts along its longest axis, in voxels."""
    ranges = [range(n)[side] for n, side in zip(shape, box, strict=True)]
    axis = max(range(3), key=lambda a: len(ranges[a]))
    start, length = ranges[axis].start, len(ranges[axis])
    if length < blocks:
        raise DataError(
            [
                f"Case {case_id} should be at least `blocks` = {blocks} voxels long where it "
                f"is cut. Found {length}: lower `data.blocks`."
            ]
        )
    ends = [start + length * number // blocks for number in range(blocks + 1)]
    sides = [slice(a, b) for a, b in pairwise(ends)]
    return [(*box[:axis], side, *box[axis + 1 :]) for side in sides]
