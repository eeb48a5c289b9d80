"""Everything that is wrong with a data set, found before anything is trained on it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from trainables.data.cases import (
    MODALITIES,
    Case,
    describe,
    list_cases,
    load_regions,
    missing_files,
    read_nifti,
    read_voxels,
    spacing_of,
)
from trainables.data.labels import LabelMap
from trainables.errors import DataError

_AFFINE_TOLERANCE_MM = 1e-3


@dataclass(frozen=True, slots=True)
class Summary:
    """What a data set holds.

    `shapes` and `spacings_mm` count the cases of each; `empty_regions` counts, per region name,
    the labelled cases in which it has no voxel.
    """

    num_cases: int
    num_labelled: int
    shapes: Counter[tuple[int, ...]]
    spacings_mm: Counter[tuple[float, ...]]
    empty_regions: Counter[str]


def check_cases(root: Path, labels: LabelMap) -> list[str]:
    """Every problem of the cases below `root`, one sentence each; empty where all is well.

    Looked for: a missing folder or modality, a missing label, an unreadable file, shapes or
    affines that differ within a case, voxels that are not finite, and label values outside
    `labels`. The number of a case in a sentence is its place in the sorted list of ids.
    """
    try:
        cases = list_cases(root)
    except DataError as error:
        return list(error.problems)
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = pool.map(lambda case: _check_case(case, cases, labels), cases)
        return [problem for problems in found for problem in problems]


def summarise(cases: Sequence[Case], labels: LabelMap) -> Summary:
    """What `cases` hold; reads every label and no image voxel.

    Raises:
        DataError: a file cannot be read or a label holds a foreign value.
    """
    headers = [read_nifti(case.images[0]) for case in cases]
    labelled = [case.label for case in cases if case.label is not None]
    empty = Counter[str](dict.fromkeys(labels.names, 0))
    for path in labelled:
        regions = load_regions(path, labels)
        empty.update(n for n, mask in zip(labels.names, regions, strict=True) if not mask.any())
    return Summary(
        num_cases=len(cases),
        num_labelled=len(labelled),
        shapes=Counter(tuple(header.shape) for header in headers),
        spacings_mm=Counter(spacing_of(header) for header in headers),
        empty_regions=empty,
    )


def data_digest(cases: Iterable[Case]) -> str:
    """SHA-256, in hexadecimal, over the ids, roles and bytes of all files of `cases`.

    It depends neither on where the files lie nor on the order of the cases.
    """
    digest = hashlib.sha256()
    for case in sorted(cases, key=lambda case: case.case_id):
        for role, path in _files(case):
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{case.case_id}\n{role}\n{content}\n".encode())
    return digest.hexdigest()


def _files(case: Case) -> list[tuple[str, Path]]:
    """The files of `case` by what they are in it."""
    named = [
        *zip(MODALITIES, case.images, strict=True),
        ("label", case.label),
        ("truth", case.truth),
    ]
    named += [(f"rater {path.name}", path) for path in case.raters]
    return [(role, path) for role, path in named if path is not None]


def _check_case(case: Case, cases: list[Case], labels: LabelMap) -> list[str]:
    problems = missing_files(case, cases)
    about = describe(case, cases)
    if case.label is None:
        problems.append(
            f"{about}: the label is missing: expected a file {case.case_id}_seg.nii.gz."
        )
    headers: dict[str, nib.Nifti1Image] = {}
    for role, path in _files(case):
        if path.is_file():
            try:
                headers[role] = read_nifti(path)
                problems += _check_voxels(headers[role], role, path, labels, about)
            except DataError as error:
                problems += [f"{about}: {problem}" for problem in error.problems]
    return problems + _check_grids(headers, about)


def _check_voxels(
    image: nib.Nifti1Image, role: str, path: Path, labels: LabelMap, about: str
) -> list[str]:
    voxels = read_voxels(image, path)
    if role not in MODALITIES:
        problem = labels.problem(voxels, f"{role} {path}")
        return [f"{about}: {problem}"] if problem else []
    count = int(voxels.size - np.count_nonzero(np.isfinite(voxels)))
    if count:
        return [f"{about}: {path} should hold finite numbers. Found {count} voxels that are not."]
    return []


def _check_grids(headers: dict[str, nib.Nifti1Image], about: str) -> list[str]:
    """Whether every file of a case lies on the grid of the first that could be read."""
    if not headers:
        return []
    (first, reference), *others = headers.items()
    problems = []
    for role, image in others:
        if image.shape != reference.shape:
            problems.append(
                f"{about}: {role} should have the shape of {first}, {reference.shape}. "
                f"Found {image.shape}."
            )
        elif not np.allclose(image.affine, reference.affine, atol=_AFFINE_TOLERANCE_MM):
            shift = float(np.abs(image.affine - reference.affine).max())
            problems.append(
                f"{about}: {role} should lie where {first} lies, with the same affine. "
                f"Found entries that differ by up to {shift:g}."
            )
    return problems
