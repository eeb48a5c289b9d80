"""One case: where its files are, and how its volumes are read."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import torch

from trainables.data.labels import LabelMap
from trainables.data.one_grid import affine_shift, have_same_affine
from trainables.errors import DataError


@dataclass(frozen=True, slots=True)
class Case:
    """Where the files of one case are.

    `images` holds a file for each of `modalities`, in their order: one that is missing stands
    where it is expected. Where one file holds all of them along a fourth axis, it stands there
    for each; `channels` says which one each is, from 0, of the `num_channels` of the file.
    `channels` is empty where each file has three axes.
    """

    case_id: str
    patient_id: str
    images: tuple[Path, ...]
    modalities: tuple[str, ...]
    label: Path | None = None
    truth: Path | None = None
    raters: tuple[Path, ...] = ()
    channels: tuple[int, ...] = ()
    num_channels: int = 1

    @property
    def num_axes(self) -> int:
        """Axes of an image file: 4 where it holds several modalities."""
        return 4 if self.channels else 3


@dataclass(frozen=True, slots=True)
class Volume:
    """One case in memory, on the grid and in the orientation it is stored in.

    `image` float32, modalities x X x Y x Z; `label` bool, C x X x Y x Z, or None; `spacing_mm`
    per axis; `affine` 4 x 4, from voxel index to scanner mm.
    """

    case_id: str
    image: torch.Tensor
    label: torch.Tensor | None
    spacing_mm: tuple[float, float, float]
    affine: npt.NDArray[np.float64]


def missing_files(case: Case, cases: Sequence[Case]) -> list[str]:
    """One sentence per modality that `case`, one of `cases`, lacks."""
    return [
        f"{describe(case, cases)}: modality {modality} is missing: expected {path}."
        for modality, path in zip(case.modalities, case.images, strict=True)
        if not path.is_file()
    ]


def describe(case: Case, cases: Sequence[Case]) -> str:
    """The beginning of a sentence about `case`: its number among `cases` and its id."""
    return f"Case {cases.index(case) + 1} of {len(cases)} ({case.case_id})"


def load_case(case: Case, labels: LabelMap) -> Volume:
    """The image and the regions of `case`.

    Raises:
        DataError: there is no label, it holds a value outside `labels`, a file cannot be read,
            or the shapes differ.
    """
    if case.label is None:
        raise DataError([f"Case {case.case_id} should have a label to train on. Found none."])
    volume = load_image(case)
    regions = load_regions(case.label, labels)
    if regions.shape[1:] != volume.image.shape[1:]:
        raise DataError(
            [
                f"Label {case.label} should have the shape of its image, "
                f"{tuple(volume.image.shape[1:])}. Found {tuple(regions.shape[1:])}."
            ]
        )
    return Volume(case.case_id, volume.image, regions, volume.spacing_mm, volume.affine)


def load_image(case: Case) -> Volume:
    """The image of `case` without its label, as prediction needs it.

    Raises:
        DataError: a file cannot be read or the modalities differ in shape or affine.
    """
    files = dict.fromkeys(case.images)
    headers = {path: read_header(case, path) for path in files}
    shapes = {header.shape for header in headers.values()}
    if len(shapes) > 1:
        raise DataError(
            [f"Modalities of case {case.case_id} should share one shape. Found {sorted(shapes)}."]
        )
    _require_one_grid(case, headers)
    voxels = {path: read_voxels(header, path) for path, header in headers.items()}
    channels = [voxels[path] for path in case.images]
    if case.channels:
        channels = [c[..., n] for c, n in zip(channels, case.channels, strict=True)]
    image = torch.stack([torch.from_numpy(np.ascontiguousarray(c)) for c in channels])
    first = headers[case.images[0]]
    return Volume(case.case_id, image, None, spacing_of(first), first.affine)


def load_regions(path: Path, labels: LabelMap) -> torch.Tensor:
    """The regions (bool, C x X x Y x Z) of a label, a rater's or the truth.

    Raises:
        DataError: the file cannot be read or holds a value outside `labels`.
    """
    codes = read_voxels(read_nifti(path), path)
    return torch.from_numpy(labels.to_regions(codes, f"Label {path}"))


def read_header(case: Case, path: Path) -> nib.Nifti1Image:
    """The header of an image file of `case`; voxels are read on demand.

    Raises:
        DataError: as `read_nifti`, or it holds another number of modalities.
    """
    header = read_nifti(path, case.num_axes)
    if case.channels and header.shape[3] != case.num_channels:
        raise DataError(
            [
                f"File {path} should hold {case.num_channels} modalities along its last axis. "
                f"Found {header.shape[3]}: correct the file, or the list of modalities."
            ]
        )
    return header


def read_nifti(path: Path, num_axes: int = 3) -> nib.Nifti1Image:
    """The header of a NIfTI file of `num_axes` axes; voxels are read on demand.

    Raises:
        DataError: the file is missing, is no NIfTI file, has another number of axes, or holds
            colours or complex numbers.
    """
    try:
        image = nib.load(path)
    except (OSError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise DataError(
            [f"File {path} should be a readable NIfTI file. Found: {error}."]
        ) from error
    if not isinstance(image, nib.Nifti1Image):
        raise DataError([f"File {path} should be NIfTI. Found {type(image).__name__}."])
    if len(image.shape) != num_axes:
        raise DataError([f"File {path} should have {num_axes} axes. Found shape {image.shape}."])
    if image.get_data_dtype().kind not in "iuf":  # type: ignore[no-untyped-call]
        found = image.header.get_value_label("datatype")  # type: ignore[no-untyped-call]
        raise DataError([f"File {path} should hold one real number a voxel. Found type {found}."])
    return image


def read_voxels(image: nib.Nifti1Image, path: Path) -> npt.NDArray[np.float32]:
    """The voxels of `image`, X x Y x Z, as float32.

    Raises:
        DataError: the file is cut short or damaged.
    """
    try:
        return np.ascontiguousarray(image.get_fdata(dtype=np.float32, caching="unchanged"))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError([f"File {path} should hold all its voxels. Found: {error}."]) from error


def spacing_of(image: nib.Nifti1Image) -> tuple[float, float, float]:
    """Millimetres per voxel along each axis, from the header's zooms."""
    x, y, z = (float(zoom) for zoom in image.header.get_zooms()[:3])  # type: ignore[no-untyped-call]
    return x, y, z


def _require_one_grid(case: Case, headers: Mapping[Path, nib.Nifti1Image]) -> None:
    first = headers[case.images[0]].affine
    away = [
        (path, affine_shift(header.affine, first))
        for path, header in headers.items()
        if not have_same_affine(header.affine, first)
    ]
    if away:
        raise DataError(
            [
                f"Modalities of case {case.case_id} should lie on one grid. Found affines of "
                f"{case.images[0]} and {path} that differ by up to {shift:g}."
                for path, shift in away
            ]
        )
