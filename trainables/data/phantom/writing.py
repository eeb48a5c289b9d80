"""Phantom patients on disk, in the naming of BraTS 2018."""

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from trainables.data.phantom.grid import Vector, fit_head
from trainables.data.phantom.head import make_head
from trainables.data.phantom.lesions import kind_of, plan_lesions
from trainables.data.phantom.raters import draw_habit_mm, rate, to_codes
from trainables.data.phantom.scan import make_scan
from trainables.data.phantom.tumour import make_tumour
from trainables.errors import ParameterError

Size = tuple[int, int, int]
Volume = npt.NDArray[np.int16] | npt.NDArray[np.uint8]


def write_phantom(
    out: Path,
    cases: int,
    seed: int,
    size: Size = (240, 240, 155),
    spacing_mm: Vector = (1.0, 1.0, 1.0),
    raters: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write `cases` phantom patients below `out` and return their directories.

    Each holds ``CASE_{t1,t1ce,t2,flair}.nii.gz`` (int16, 0 outside the head), ``CASE_seg.nii.gz``
    (uint8; 1 core without enhancement, 2 oedema, 4 enhancing; what the first rater drew),
    ``CASE_truth.nii.gz`` (what is there) and ``raters/rater-N.nii.gz``. The same arguments give
    the same bytes, and a case does not depend on how many others are written.

    Args:
        out: directory of the cases; made where it is missing, its files overwritten.
        cases: number of patients, at least 1; any six in a row hold every kind of lesion.
        seed: at least 0.
        size: voxels X x Y x Z, each at least 16; anatomy scales with the field of view.
        spacing_mm: millimetres per voxel, each above 0. Widths of edges and disagreement of
            raters are in mm and do not scale.
        raters: number of raters, at least 1.
        progress: called with (cases done, cases in all) after each case.

    Raises:
        ParameterError: a number is out of its range.
    """
    _check(cases, seed, size, spacing_mm, raters)
    folders = []
    for index in range(cases):
        folders.append(_write_case(Path(out), index, seed, size, spacing_mm, raters))
        if progress is not None:
            progress(index + 1, cases)
    return folders


def _check(cases: int, seed: int, size: Size, spacing_mm: Vector, raters: int) -> None:
    for name, value, least in (("cases", cases, 1), ("seed", seed, 0), ("raters", raters, 1)):
        if value < least:
            raise ParameterError(
                f"Parameter `{name}` should be at least {least}. Found `{name} = {value}`."
            )
    if len(size) != 3 or min(size) < 16:
        raise ParameterError(
            f"Parameter `size` should be 3 numbers of at least 16 voxels. Found `size = {size}`."
        )
    if len(spacing_mm) != 3 or not min(spacing_mm) > 0:
        raise ParameterError(
            "Parameter `spacing_mm` should be 3 lengths above 0. "
            f"Found `spacing_mm = {spacing_mm}`."
        )


def _write_case(
    out: Path, index: int, seed: int, size: Size, spacing_mm: Vector, raters: int
) -> Path:
    rng = np.random.default_rng([seed, 0, index])
    grid, box = fit_head(size, spacing_mm)
    lesions = plan_lesions(kind_of(index), grid, rng)
    head = make_head(grid, lesions, rng)
    tumour = make_tumour(grid, head, lesions, rng)
    name = f"Phantom_{index + 1:03d}"
    volumes: dict[str, Volume] = {
        f"{name}_{modality}": image
        for modality, image in make_scan(grid, head, tumour, rng).items()
    }
    volumes[f"{name}_truth"] = to_codes(tumour.regions)
    for number in range(1, raters + 1):
        habit_mm = draw_habit_mm(np.random.default_rng([seed, 1, number]))
        hand = np.random.default_rng([seed, 2, index, number])
        volumes[f"raters/rater-{number}"] = to_codes(rate(grid, tumour, habit_mm, hand))
    volumes[f"{name}_seg"] = volumes["raters/rater-1"]
    for stem, inner in volumes.items():
        whole = np.zeros(size, inner.dtype)
        whole[box] = inner
        _write_volume(out / name / f"{stem}.nii.gz", whole, spacing_mm)
    return out / name


def _write_volume(path: Path, voxels: npt.NDArray[np.generic], spacing_mm: Vector) -> None:
    """Write `voxels`, stored to the left, to the back and upwards as BraTS does."""
    affine = np.diag([-spacing_mm[0], -spacing_mm[1], spacing_mm[2], 1.0])
    affine[1, 3] = (voxels.shape[1] - 1) * spacing_mm[1]
    image = nib.Nifti1Image(voxels, affine)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")  # type: ignore[no-untyped-call]
    path.parent.mkdir(parents=True, exist_ok=True)
    # no time and no name in the gzip header, so that equal volumes are equal files
    path.write_bytes(gzip.compress(image.to_bytes(), compresslevel=4, mtime=0))
