"""Phantom patients on disk, in the naming of BraTS 2018."""

import gzip
import math
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from trainables.data.phantom.grid import HEAD_EXTENT_MM, Vector, fit_head
from trainables.data.phantom.head import make_head
from trainables.data.phantom.lesions import kind_of, plan_lesions
from trainables.data.phantom.raters import draw_habit_mm, rate, to_codes
from trainables.data.phantom.scan import make_scan
from trainables.data.phantom.tumour import make_tumour
from trainables.errors import ParameterError

Size = tuple[int, int, int]
Volume = npt.NDArray[np.int16] | npt.NDArray[np.uint8]

SIZE = (16, 1024)
"""Fewest and most voxels along an axis."""

MAX_VOXELS = 2**25
"""Most voxels of a scan: making one takes about 70 bytes a voxel, so 2.3 GB."""

MIN_HEAD_VOXELS = 8
"""Fewest voxels that the head takes up along an axis; below, nothing of it can be told."""

SPACING_MM = (0.1, 20.0)
"""Smallest and largest voxel edge, mm; far beyond any scanner's."""


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
        out: directory of the cases; made where it is missing. A case of the same name is
            replaced; nothing else in it is touched.
        cases: number of patients, at least 1; any six in a row hold every kind of lesion.
        seed: at least 0.
        size: voxels X x Y x Z, each in `SIZE`, at most `MAX_VOXELS` together; anatomy scales
            with the field of view.
        spacing_mm: millimetres per voxel, each in `SPACING_MM`. Widths of edges and
            disagreement of raters are in mm and do not scale. With `size` it makes a head of
            at least `MIN_HEAD_VOXELS` along each axis.
        raters: number of raters, at least 1.
        progress: called with (cases done, cases in all) after each case.

    Raises:
        ParameterError: a number is out of its range.
    """
    _check_counts(cases, seed, raters)
    _check_field(size, spacing_mm)
    folders = []
    for index in range(cases):
        folders.append(_write_case(Path(out), index, seed, size, spacing_mm, raters))
        if progress is not None:
            progress(index + 1, cases)
    return folders


def _check_counts(cases: int, seed: int, raters: int) -> None:
    for name, value, least in (("cases", cases, 1), ("seed", seed, 0), ("raters", raters, 1)):
        if value < least:
            raise ParameterError(
                f"Parameter `{name}` should be at least {least}. Found `{name} = {value}`."
            )


def _check_field(size: Size, spacing_mm: Vector) -> None:
    for name, values, (low, high), unit in (
        ("size", size, SIZE, "voxels"),
        ("spacing_mm", spacing_mm, SPACING_MM, "mm"),
    ):
        if len(values) != 3 or not all(low <= value <= high for value in values):
            raise ParameterError(
                f"Parameter `{name}` should be 3 numbers from {low} to {high} {unit}. "
                f"Found `{name} = {values}`."
            )
    if math.prod(size) > MAX_VOXELS:
        raise ParameterError(
            f"Parameter `size` should make at most {MAX_VOXELS} voxels. "
            f"Found `size = {size}`, which makes {math.prod(size)}."
        )
    scale = fit_head(size, spacing_mm)[0].scale
    spans = [mm * scale / step for mm, step in zip(HEAD_EXTENT_MM, spacing_mm, strict=True)]
    if min(spans) < MIN_HEAD_VOXELS:
        raise ParameterError(
            f"Parameters `size` and `spacing_mm` should make a head of {MIN_HEAD_VOXELS} voxels "
            f"or more along each axis. Found `size = {size}` and `spacing_mm = {spacing_mm}`, "
            f"which make {min(spans):.1f} along one: scan a less oblong box."
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
    for path in (out / name / "raters").glob("rater-*.nii.gz"):
        path.unlink()  # an earlier case of this name may have had more raters
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
