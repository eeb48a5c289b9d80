"""Everything that is wrong with a data set, found before anything is trained on it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from trainables.data.cases import (
    Case,
    describe,
    load_regions,
    missing_files,
    read_nifti,
    read_voxels,
    spacing_of,
)
from trainables.data.config import DataConfig
from trainables.data.datasets import Dataset, list_dataset
from trainables.data.enhancement import has_dim_enhancement
from trainables.data.labels import LabelMap
from trainables.errors import DataError

_AFFINE_TOLERANCE_MM = 1e-3


@dataclass(frozen=True, slots=True)
class Summary:
    """What a data set holds.

    `shapes` and `spacings_mm` count the cases of each; `empty_regions` counts, per region name,
    the labelled cases in which it has no voxel; `dim_enhancement` are the ids of those that
    `has_dim_enhancement`.
    """

    num_cases: int
    num_labelled: int
    shapes: Counter[tuple[int, ...]]
    spacings_mm: Counter[tuple[float, ...]]
    empty_regions: Counter[str]
    dim_enhancement: tuple[str, ...]
    labels: LabelMap


def check_cases(config: DataConfig) -> list[str]:
    """Every problem of the cases that `config` names, one sentence each; none where all is well.

    Looked for: a missing folder or modality, a missing label, an unreadable file, shapes or
    affines that differ within a case, voxels that are not finite, a modality that is zero
    everywhere, label values that have no meaning, and labels that outline nothing in any case. The
    number of a case in a sentence is its place in the sorted list of ids.
    """
    try:
        dataset = list_dataset(config)
    except DataError as error:
        return list(error.problems)
    cases, labels = dataset.cases, dataset.labels
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = list(pool.map(lambda case: _check_case(case, cases, labels), cases))
    problems = [problem for findings in found for problem in findings.problems]
    if all(findings.is_empty for findings in found):
        problems.append(
            f"Labels of the cases below {config.root} should outline something to learn. "
            f"Found all {len(cases)} empty."
        )
    return problems


def summarise(dataset: Dataset) -> Summary:
    """What the cases hold; reads every label, and of the images t1ce only.

    Raises:
        DataError: a file cannot be read or a label holds a foreign value.
    """
    cases, labels = dataset.cases, dataset.labels
    headers = [read_nifti(case.images[0], case.num_axes) for case in cases]
    labelled = [(case, case.label) for case in cases if case.label is not None]
    with ThreadPoolExecutor(max_workers=4) as pool:
        looks = list(pool.map(lambda pair: _look(pair[0], pair[1], labels), labelled))
    empty = Counter[str](dict.fromkeys(labels.names, 0))
    for names, _ in looks:
        empty.update(names)
    return Summary(
        num_cases=len(cases),
        num_labelled=len(labelled),
        shapes=Counter(tuple(header.shape[:3]) for header in headers),
        spacings_mm=Counter(spacing_of(header) for header in headers),
        empty_regions=empty,
        dim_enhancement=tuple(
            case.case_id for (case, _), (_, is_dim) in zip(labelled, looks, strict=True) if is_dim
        ),
        labels=labels,
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


def _look(case: Case, label: Path, labels: LabelMap) -> tuple[list[str], bool]:
    """The regions that are empty in the label of `case`, and whether its enhancement is dim."""
    regions = load_regions(label, labels)
    empty = [name for name, mask in zip(labels.names, regions, strict=True) if not mask.any()]
    return empty, has_dim_enhancement(case, regions, labels.names)


def _files(case: Case) -> list[tuple[str, Path]]:
    """The files of `case` by what they are in it."""
    named = [
        *zip(case.modalities, case.images, strict=True),
        ("label", case.label),
        ("truth", case.truth),
    ]
    named += [(f"rater {path.name}", path) for path in case.raters]
    return [(role, path) for role, path in named if path is not None]


@dataclass(slots=True)
class _Findings:
    """What is wrong with a case; `is_empty` where its label is sound and outlines nothing."""

    problems: list[str]
    is_empty: bool = False


def _check_case(case: Case, cases: Sequence[Case], labels: LabelMap) -> _Findings:
    found = _Findings(missing_files(case, cases))
    about = describe(case, cases)
    if case.label is None:
        found.problems.append(
            f"{about}: the label is missing: expected a file {case.case_id}_seg.nii.gz."
        )
    headers: dict[str, nib.Nifti1Image] = {}
    for role, path in _files(case):
        if path.is_file():
            try:
                headers[role] = read_nifti(path)
                voxels = read_voxels(headers[role], path)
                problems = _check_voxels(voxels, role in case.modalities, role, path, labels)
                found.is_empty |= role == "label" and not problems and not voxels.any()
            except DataError as error:
                problems = list(error.problems)
            found.problems += [f"{about}: {problem}" for problem in problems]
    found.problems += _check_grids(headers, about)
    return found


def _check_voxels(
    voxels: npt.NDArray[np.float32], is_image: bool, role: str, path: Path, labels: LabelMap
) -> list[str]:
    if not is_image:
        problem = labels.problem(voxels, f"{role} {path}")
        return [problem] if problem else []
    if not voxels.any():
        return [f"modality {role} is zero everywhere: {path} should hold a scan."]
    count = int(voxels.size - np.count_nonzero(np.isfinite(voxels)))
    if count:
        return [f"{path} should hold finite numbers. Found {count} voxels that are not."]
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
