"""From cases on disk to what training takes: normalised, cropped, with distances of the whole.

Signed distance and component depth are computed on the whole volume *before* any crop, since a
cut lesion has a wrong depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from trainables.boxes import box_around
from trainables.data.cases import Case, load_case
from trainables.data.checks import data_digest
from trainables.data.config import DataConfig
from trainables.data.datasets import open_dataset
from trainables.data.distance_cache import compact_distances
from trainables.data.labels import LabelMap
from trainables.data.split import Split, split_patients
from trainables.errors import DataError

Box = tuple[slice, ...]

BLOCK_MARGIN_MM = 12.0
"""What is kept around the lesions where a case is cut into blocks."""


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A case as training takes it; M modalities, C regions, on one cropped grid X x Y x Z.

    `image` float32 (M, X, Y, Z), see `normalise`; `label` bool (C, X, Y, Z); `phi` and `depth`
    int8 (C, X, Y, Z), in steps of 1/16 mm, see `trainables.compact`; `spacing_mm` per axis.
    """

    case_id: str
    image: Tensor
    label: Tensor
    phi: Tensor
    depth: Tensor
    spacing_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The three parts of a data set, with the digests that name its content and its split.

    `labels` are the C regions that labels hold and `modalities` the M channels of images.
    """

    train: tuple[PreparedCase, ...]
    validation: tuple[PreparedCase, ...]
    test: tuple[PreparedCase, ...]
    split: Split
    digest: str
    labels: LabelMap
    modalities: tuple[str, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the C regions."""
        return self.labels.names

    @property
    def is_nested(self) -> bool:
        """Whether each region holds the next one."""
        return self.labels.is_nested


def prepare_cases(config: DataConfig) -> Prepared:
    """Read, normalise, crop and deal out every case below ``config.root``.

    The last answer is kept in the process, so that a worker prepares once for many trials; it is
    not read again where the files change. It belongs to the folder that a relative root means
    at the time, not to its spelling.

    Raises:
        DataError: a case cannot be read, has no label, or there are too few patients.
    """
    return _prepare_all(config.anchored())


def split_units(cases: Sequence[Case], config: DataConfig) -> Split:
    """The split of `cases`, or of their blocks, by id; reads no file.

    Raises:
        DataError: there are fewer than 3 patients (or blocks).
    """
    units = {case.case_id: case.patient_id for case in cases}
    if config.blocks > 1:
        names = [_block_id(case.case_id, n) for case in cases for n in range(config.blocks)]
        units = dict(zip(names, names, strict=True))
    return split_patients(units, config.split_seed, config.fractions)


def normalise(image: Tensor) -> Tensor:
    """`image` (M, X, Y, Z) with mean 0 and deviation 1 over each modality's non-zero voxels.

    The mask is "not 0", not "above 0": resampled skull-stripped scans have negative voxels inside
    the head. Voxels outside it stay 0. A constant modality becomes 0.

    >>> normalise(torch.tensor([[[[0.0, -1.0, 1.0]]]]))
    tensor([[[[ 0., -1.,  1.]]]])
    """
    mask = image != 0
    count = mask.sum(dim=(1, 2, 3), keepdim=True).clamp(min=1)
    total = image.sum(dim=(1, 2, 3), keepdim=True, dtype=torch.float64)
    centred = torch.where(mask, image - total / count, 0)
    deviation = (centred.square().sum(dim=(1, 2, 3), keepdim=True) / count).sqrt()
    return (centred / deviation.clamp(min=1e-8)).float()


def foreground_box(image: Tensor) -> Box:
    """The smallest box (of X, Y, Z) that holds every non-zero voxel of `image` (M, X, Y, Z).

    The whole volume where there is none.
    """
    box = []
    mask = (image != 0).any(dim=0)
    for axis, size in enumerate(mask.shape):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        hits = mask.any(dim=others).nonzero()
        box.append(slice(int(hits[0]), int(hits[-1]) + 1) if len(hits) else slice(0, size))
    return tuple(box)


@lru_cache(maxsize=1)
def _prepare_all(config: DataConfig) -> Prepared:
    dataset = open_dataset(config)
    cases, labels = dataset.cases, dataset.labels
    split = split_units(cases, config)
    units = {unit.case_id: unit for case in cases for unit in _prepare(case, labels, config)}
    parts = (split.train, split.validation, split.test)
    train, validation, test = (tuple(units[name] for name in part) for part in parts)
    return Prepared(train, validation, test, split, data_digest(cases), labels, dataset.modalities)


def _prepare(case: Case, labels: LabelMap, config: DataConfig) -> list[PreparedCase]:
    """The case, cropped to its foreground; or its blocks."""
    folder = Path(config.distance_cache) if config.distance_cache else None
    volume = load_case(case, labels)
    if volume.label is None:
        raise DataError([f"Case {case.case_id} should have a label to train on. Found none."])
    phi, depth = compact_distances(volume.label, volume.spacing_mm, folder)
    image = normalise(volume.image)
    whole = PreparedCase(case.case_id, image, volume.label, phi, depth, volume.spacing_mm)
    foreground = foreground_box(volume.image)
    if config.blocks == 1:
        return [_crop(whole, foreground)]
    lesions = box_around(volume.label.any(dim=0), volume.spacing_mm, BLOCK_MARGIN_MM)
    return [
        replace(_crop(whole, box), case_id=_block_id(case.case_id, number))
        for number, box in enumerate(_cut(whole, lesions or foreground, config.blocks))
    ]


def _crop(case: PreparedCase, box: Box) -> PreparedCase:
    """The part of `case` in `box`, in memory of its own."""
    window = (slice(None), *box)
    tensors = (case.image, case.label, case.phi, case.depth)
    image, label, phi, depth = (tensor[window].clone() for tensor in tensors)
    return replace(case, image=image, label=label, phi=phi, depth=depth)


def _cut(case: PreparedCase, box: Box, blocks: int) -> list[Box]:
    """`box` in `blocks` nearly equal parts along its longest axis, in voxels."""
    ranges = [range(n)[side] for n, side in zip(case.label.shape[1:], box, strict=True)]
    axis = max(range(3), key=lambda a: len(ranges[a]))
    start, length = ranges[axis].start, len(ranges[axis])
    if length < blocks:
        raise DataError(
            [
                f"Case {case.case_id} should be at least `blocks` = {blocks} voxels long where it "
                f"is cut. Found {length}: lower `data.blocks`."
            ]
        )
    ends = [start + length * number // blocks for number in range(blocks + 1)]
    sides = [slice(a, b) for a, b in pairwise(ends)]
    return [(*box[:axis], side, *box[axis + 1 :]) for side in sides]


def _block_id(case_id: str, number: int) -> str:
    return f"{case_id}/block-{number}"
