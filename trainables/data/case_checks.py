"""One case, looked at from all sides: what it holds and what is wrong with it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import torch

from trainables.boxes import tight_box
from trainables.data.case_files import case_files, mask_files
from trainables.data.cases import Case, read_header, read_nifti, read_voxels, spacing_of
from trainables.data.enhancement import has_dim_enhancement
from trainables.data.grid_checks import grid_problems, orientation_of
from trainables.data.labels import LABEL_MAPS, LabelMap
from trainables.data.lesions import lesion_sizes
from trainables.data.modalities import find_modality
from trainables.errors import DataError

Voxels = npt.NDArray[np.float32]


@dataclass(slots=True)
class CaseFindings:
    """What a case holds, as far as its files can be read, and what is wrong with it.

    `orientation` says where the axes lead; `low` and `high` are corners, in voxels, of the box of
    non-zero voxels of all modalities; `codes` counts the label's voxels by code, and `lesions`
    holds, for each region, the voxels of each lesion, the smallest first: both are empty without
    a sound label. `off_image`
    counts voxels of the label outside that box. `digests` name the content of each modality, and
    of a label that is not empty; `raters` those of raters who outline something.
    """

    case_id: str
    problems: list[str] = field(default_factory=list)
    shape: tuple[int, ...] = ()
    spacing_mm: tuple[float, ...] = ()
    orientation: str = ""
    low: tuple[int, ...] = ()
    high: tuple[int, ...] = ()
    codes: dict[int, int] = field(default_factory=dict)
    lesions: dict[str, tuple[int, ...]] = field(default_factory=dict)
    has_dim_enhancement: bool = False
    off_image: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    raters: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether its label is sound and outlines nothing."""
        return bool(self.lesions) and not any(self.lesions.values())


def look_at(case: Case, labels: LabelMap) -> CaseFindings:
    """Read every file of `case`, one at a time, and find what is wrong with it.

    Looked for: missing and unreadable files, other numbers of axes or channels, grids that differ
    or cannot be, voxels that are not finite, modalities that are zero everywhere, and label
    values that have no meaning. Problems do not name the case.
    """
    found = CaseFindings(case.case_id, _missing(case))
    headers = {role: header for role, header in _headers(case, found) if header is not None}
    found.problems += grid_problems(headers)
    if headers:
        first = next(iter(headers.values()))
        found.shape, found.spacing_mm = first.shape[:3], spacing_of(first)
        found.orientation = orientation_of(first)
    regions = _look_at_masks(case, labels, headers, found)
    for modality, voxels in _images(case, headers, found):
        _look_at_image(modality, voxels, found)
        if regions is not None and find_modality("t1ce", [modality]) is not None:
            found.has_dim_enhancement = has_dim_enhancement(voxels, regions, labels.names)
    if regions is not None and found.low and regions.shape[1:] == found.shape:
        box = tuple(map(slice, found.low, found.high))
        within = regions[:, *box].any(axis=0)
        found.off_image = int(regions.any(axis=0).sum() - within.sum())
    return found


def _missing(case: Case) -> list[str]:
    named = {role: f"modality {role}" for role in case.modalities}
    problems = [
        f"{named.get(role, role)} is missing: expected {path}."
        for role, path in case_files(case)
        if not path.is_file()
    ]
    if case.label is None:
        problems.append("the label is missing: add it, or leave the case out of what is trained.")
    return problems


def _headers(case: Case, found: CaseFindings) -> Iterator[tuple[str, nib.Nifti1Image | None]]:
    masks = mask_files(case)
    for role, path in case_files(case):
        if path.is_file():
            try:
                yield role, read_nifti(path) if (role, path) in masks else read_header(case, path)
            except DataError as error:
                found.problems += error.problems


def _look_at_masks(
    case: Case, labels: LabelMap, headers: dict[str, nib.Nifti1Image], found: CaseFindings
) -> npt.NDArray[np.bool_] | None:
    """Look into label, truth and raters; the regions of the label, where it is sound."""
    regions = None
    for role, path in mask_files(case):
        voxels = _read(headers.get(role), path, found)
        problem = None if voxels is None else labels.problem(voxels, f"{role} {path}")
        if voxels is not None and problem:
            found.problems.append(f"{problem} {_way_out(voxels, labels)}")
        elif voxels is not None and role == "label":
            regions = labels.to_regions(voxels)
            _describe_label(voxels, regions, labels, found)
        elif voxels is not None and path in case.raters and voxels.any():
            found.raters[role] = _digest(voxels)
    return regions


def _read(header: nib.Nifti1Image | None, path: Path, found: CaseFindings) -> Voxels | None:
    try:
        return None if header is None else read_voxels(header, path)
    except DataError as error:
        found.problems += error.problems
        return None


def _way_out(voxels: Voxels, labels: LabelMap) -> str:
    """What may help where a label holds other values than the codes of `labels`."""
    if not np.isfinite(voxels).all():
        return "Write a code there: 0 where nothing is outlined."
    values = set(np.unique(voxels).tolist())
    if any(abs(value - round(value)) > LabelMap.TOLERANCE for value in values):
        return "Fractions come from interpolation: resample labels by the nearest voxel."
    fitting = [name for name, known in LABEL_MAPS.items() if values <= {*known.codes}]
    others = f", as {' or '.join(fitting)} does" if fitting else ""
    return f"Let `labels` say what each code means{others}; they say {labels.as_mapping()} now."


def _describe_label(
    voxels: Voxels, regions: npt.NDArray[np.bool_], labels: LabelMap, found: CaseFindings
) -> None:
    counts = np.bincount(np.rint(voxels).astype(np.uint8).ravel())
    found.codes = {code: count for code, count in enumerate(counts.tolist()) if count}
    pairs = zip(labels.names, regions, strict=True)
    found.lesions = {name: lesion_sizes(mask) for name, mask in pairs}
    if not found.is_empty:
        found.digests["label"] = _digest(voxels)


def _images(
    case: Case, headers: dict[str, nib.Nifti1Image], found: CaseFindings
) -> Iterator[tuple[str, Voxels]]:
    """Each modality that can be read; a file is in memory while its modalities are looked at."""
    for role, path in case_files(case)[: -len(mask_files(case)) or None]:
        voxels = _read(headers.get(role), path, found)
        if voxels is None:
            continue
        if not case.channels:
            yield role, voxels
        for modality, channel in zip(case.modalities, case.channels, strict=False):
            yield modality, voxels[..., channel]


def _look_at_image(modality: str, voxels: Voxels, found: CaseFindings) -> None:
    count = int(voxels.size - np.count_nonzero(np.isfinite(voxels)))
    if count:
        found.problems.append(
            f"modality {modality} should hold finite numbers. Found {count} voxels that are not: "
            "make the image anew, or set them to 0 if they are background."
        )
    box = tight_box(torch.from_numpy(voxels != 0))
    if box is None:
        found.problems.append(
            f"modality {modality} is zero everywhere: put a scan there, or leave the case out."
        )
        return
    found.digests[modality] = _digest(voxels)
    low, high = [side.start for side in box], [side.stop for side in box]
    found.low = tuple(map(min, zip(low, found.low or low, strict=True)))
    found.high = tuple(map(max, zip(high, found.high or high, strict=True)))


def _digest(voxels: Voxels) -> str:
    """32 hexadecimal digits of the voxels, whatever type and compression they are stored in."""
    content = hashlib.blake2b(repr(voxels.shape).encode(), digest_size=16)
    content.update(np.ascontiguousarray(voxels).data)
    return content.hexdigest()
