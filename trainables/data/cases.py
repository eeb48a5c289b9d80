"""Cases on disk in the layout of BraTS 2018 to 2021, and how their volumes are read.

::

    ROOT/CASE/CASE_{t1,t1ce,t2,flair}.nii[.gz]   the modalities
    ROOT/CASE/CASE_seg.nii[.gz]                  the label, where there is one
    ROOT/CASE/CASE_truth.nii[.gz]                latent truth, phantoms only
    ROOT/CASE/raters/*.nii[.gz]                  further labels of the same case

Cases may lie one folder deeper, in ``ROOT/HGG`` and ``ROOT/LGG``. Folders whose name begins with
a dot or an underscore are passed over.
"""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import torch

from trainables.data.labels import LabelMap
from trainables.errors import DataError

MODALITIES = ("t1", "t1ce", "t2", "flair")
"""Order of the image channels."""
_GRADES = ("HGG", "LGG")
_SUFFIXES = (".nii.gz", ".nii")


@dataclass(frozen=True, slots=True)
class Case:
    """Where the files of one case are. `images` follows `MODALITIES`."""

    case_id: str
    patient_id: str
    images: tuple[Path, ...]
    label: Path | None = None
    truth: Path | None = None
    raters: tuple[Path, ...] = ()


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


def find_cases(root: Path) -> list[Case]:
    """Every case below `root`, by id.

    Raises:
        DataError: the folder or a modality is missing, there is no case, or an id comes twice;
            all findings at once.
    """
    cases = list_cases(root)
    problems = [problem for case in cases for problem in missing_files(case, cases)]
    if problems:
        raise DataError(problems)
    return cases


def list_cases(root: Path) -> list[Case]:
    """Every case below `root`, by id, whether or not its modalities are there.

    Raises:
        DataError: the folder is missing, holds nothing in the layout above, or an id comes twice.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError([f"Data folder {root} should exist. Found no folder of that name."])
    folders = sorted(_case_folders(root), key=lambda folder: folder.name)
    names = [folder.name for folder in folders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError([f"Case {name} should be there once. Found it twice." for name in twice])
    cases = [_read_folder(folder) for folder in folders]
    if not any(_has_files(case) for case in cases):
        raise DataError([_layout_problem(root, folders)])
    return cases


def missing_files(case: Case, cases: list[Case]) -> list[str]:
    """One sentence per modality that `case`, one of `cases`, lacks."""
    return [
        f"{describe(case, cases)}: modality {modality} is missing: expected {path}."
        for modality, path in zip(MODALITIES, case.images, strict=True)
        if not path.is_file()
    ]


def describe(case: Case, cases: list[Case]) -> str:
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
        DataError: a file cannot be read or the modalities differ in shape.
    """
    images = [read_nifti(path) for path in case.images]
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        raise DataError(
            [f"Modalities of case {case.case_id} should share one shape. Found {sorted(shapes)}."]
        )
    channels = [
        torch.from_numpy(read_voxels(i, p)) for i, p in zip(images, case.images, strict=True)
    ]
    return Volume(
        case.case_id, torch.stack(channels), None, spacing_of(images[0]), images[0].affine
    )


def load_regions(path: Path, labels: LabelMap) -> torch.Tensor:
    """The regions (bool, C x X x Y x Z) of a label, a rater's or the truth.

    Raises:
        DataError: the file cannot be read or holds a value outside `labels`.
    """
    codes = read_voxels(read_nifti(path), path)
    return torch.from_numpy(labels.to_regions(codes, f"Label {path}"))


def read_nifti(path: Path) -> nib.Nifti1Image:
    """The header of a three-dimensional NIfTI file; voxels are read on demand.

    Raises:
        DataError: the file is missing, is no NIfTI file, is not three-dimensional, or holds
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
    if len(image.shape) != 3:
        raise DataError([f"File {path} should have 3 axes. Found shape {image.shape}."])
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


def patient_of(case_id: str) -> str:
    """The patient a case belongs to: its id, less the time point that BraTS 2017 to 2019 add.

    >>> patient_of("Brats18_TCIA01_131_1"), patient_of("BraTS2021_00002")
    ('Brats18_TCIA01_131', 'BraTS2021_00002')
    """
    return re.sub(r"^(Brats1[789]_.+)_\d+$", r"\1", case_id, flags=re.IGNORECASE)


def _case_folders(root: Path) -> list[Path]:
    tops = [path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._"]
    nested = [
        path
        for top in tops
        if top.name in _GRADES
        for path in top.iterdir()
        if path.is_dir() and path.name[0] not in "._"
    ]
    return [top for top in tops if top.name not in _GRADES] + nested


def _read_folder(folder: Path) -> Case:
    name = folder.name
    images = tuple(
        _find(folder, f"{name}_{modality}") or folder / f"{name}_{modality}.nii.gz"
        for modality in MODALITIES
    )
    raters = [p for p in (folder / "raters").glob("*") if p.name.endswith(_SUFFIXES)]
    return Case(
        name,
        patient_of(name),
        images,
        _find(folder, f"{name}_seg"),
        _find(folder, f"{name}_truth"),
        tuple(sorted(raters, key=_natural)),
    )


def _has_files(case: Case) -> bool:
    """Whether a file of `case` is there under the name that the layout gives it."""
    return bool(case.label or case.truth) or any(path.is_file() for path in case.images)


def _layout_problem(root: Path, folders: list[Path]) -> str:
    """What `root`, of which no folder holds a case, should look like and what it does."""
    flat = sum(path.is_file() and path.name.endswith(_SUFFIXES) for path in root.iterdir())
    found = [f"{flat} image files directly in it"] if flat else []
    if folders:
        first = folders[0]
        found.append(
            f"{len(folders)} folder{'s' if len(folders) > 1 else ''} without such files "
            f"(in {first}: no {first.name}_t1.nii.gz)"
        )
    return (
        f"Data folder {root} should hold one folder per case, as in BraTS: CASE/CASE_t1.nii.gz, "
        "and likewise _t1ce, _t2, _flair and, to train on, _seg. "
        f"Found {' and '.join(found) or 'none'}."
    )


def _find(folder: Path, stem: str) -> Path | None:
    paths = (folder / f"{stem}{suffix}" for suffix in _SUFFIXES)
    return next((path for path in paths if path.is_file()), None)


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts rater-10 after rater-2."""
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)
    ]
