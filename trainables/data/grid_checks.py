"""Whether the files of a case lie on one grid, and on a grid that can be."""

from collections.abc import Mapping

import nibabel as nib
import numpy as np

from trainables.data.cases import spacing_of
from trainables.data.one_grid import affine_shift, have_same_affine, have_same_spacing


def grid_problems(headers: Mapping[str, nib.Nifti1Image]) -> list[str]:
    """What is wrong with the grids of a case's files, by what each file is.

    The others are compared with the first of those that most lie on one grid with.
    """
    if not headers:
        return []
    first = max(
        headers, key=lambda role: sum(_is_alike(headers[role], h) for h in headers.values())
    )
    found = [_spacing_problem(first, headers[first])]
    for role, image in headers.items():
        if not _is_alike(headers[first], image):
            problem = _spacing_problem(role, image)
            found.append(problem or _difference(first, headers[first], role, image))
    return [problem for problem in found if problem]


def orientation_of(image: nib.Nifti1Image) -> str:
    """Where the axes lead, as in LPS: left, posterior, superior; ? where an axis leads nowhere."""
    if not np.isfinite(image.affine).all():
        return "???"
    return "".join(code or "?" for code in nib.aff2axcodes(image.affine))  # type: ignore[no-untyped-call]


def _spacing_problem(role: str, image: nib.Nifti1Image) -> str | None:
    spacing, steps = spacing_of(image), np.linalg.norm(image.affine[:3, :3], axis=0)
    if not (np.isfinite(image.affine).all() and min(*spacing, *steps) > 0):
        return (
            f"{role} should have an affine of finite numbers and a spacing above 0. Found spacing "
            f"{spacing} mm: write its header anew."
        )
    if not have_same_spacing(spacing, steps):
        found = tuple(round(float(step), 4) for step in steps)
        return (
            f"{role} should have one spacing. Found {spacing} mm in its header and {found} mm in "
            "its affine: write its header anew."
        )
    return None


def _is_alike(one: nib.Nifti1Image, other: nib.Nifti1Image) -> bool:
    return one.shape[:3] == other.shape[:3] and have_same_affine(one.affine, other.affine)


def _difference(
    first: str, reference: nib.Nifti1Image, role: str, image: nib.Nifti1Image
) -> str | None:
    if image.shape[:3] != reference.shape[:3]:
        return (
            f"{role} should have the shape of {first}, {reference.shape[:3]}. "
            f"Found {image.shape[:3]}: resample it to that grid."
        )
    if have_same_affine(image.affine, reference.affine):
        return None
    shift = affine_shift(image.affine, reference.affine)
    return (
        f"{role} should lie where {first} lies, with the same affine. Found entries that differ "
        f"by up to {shift:g}. Resample it to that grid; or, if only its header is wrong, copy the "
        "affine."
    )
