"""Between the grid a scan is stored on and the grid networks work on, and exactly back.

The working grid runs along the scanner's axes that are nearest to right, anterior and superior
(RAS+), so that a network sees every head the same way round, and has the spacing it was trained
with. An oblique scan keeps its angle: turning it would cost sharpness, and a few degrees are
within what augmentation shows a network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from nibabel import orientations
from torch import Tensor

from trainables.data.cases import Volume
from trainables.data.resampling import resample, resample_image, resample_label
from trainables.errors import DataError, ParameterError
from trainables.spacing import check_spacing

Triple = tuple[int, int, int]
Spacing = tuple[float, float, float]
T = TypeVar("T")

SAME_SPACING = 1e-4
"""Spacings that differ by less than this part are one: headers round theirs."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How a working grid lies on the original one.

    `shape` (X, Y, Z) and `affine` (4 x 4, voxel index to scanner mm) of the original grid;
    `axes` the original axis that each working axis runs along, `flips` whether it runs the other
    way; `working_shape`, and `steps`, the original voxels from one working voxel to the next,
    along the working axes. The two grids have the same middle.
    """

    shape: Triple
    affine: npt.NDArray[np.float64]
    axes: Triple
    flips: tuple[bool, bool, bool]
    working_shape: Triple
    steps: Spacing


def to_working_grid(volume: Volume, spacing_mm: Spacing | None = None) -> tuple[Volume, Placement]:
    """`volume` along the axes nearest to RAS+, with `spacing_mm` where one is given.

    Without a spacing, voxels change places and nothing else. With one, see
    `trainables.data.resampling`; an axis whose spacing is the wanted one is left alone.

    Args:
        volume: On any grid; axes of one voxel are fine.
        spacing_mm: Along right, anterior and superior, mm, above 0.

    Returns:
        The volume with its own spacing and affine, and what `to_original_grid` needs.

    Raises:
        DataError: the affine says of an axis that it leads nowhere, or its spacing is not above 0.
        ParameterError: the spacing is not three numbers above 0.
    """
    axes, flips = _canonical(volume)
    x, y, z = volume.image.shape[1:]
    shape = (x, y, z)
    placement = Placement(shape, volume.affine, axes, flips, _pick(shape, axes), (1.0, 1.0, 1.0))
    image = _turn(volume.image, placement)
    label = None if volume.label is None else _turn(volume.label, placement)
    own_mm = _pick(volume.spacing_mm, axes)
    if spacing_mm is not None:
        _require_spacing(volume)
        placement = _with_spacing(placement, own_mm, spacing_mm)
        image = resample_image(image, placement.working_shape, placement.steps)
        if label is not None:
            label = resample_label(label, placement.working_shape, placement.steps)
    i, j, k = (own * step for own, step in zip(own_mm, placement.steps, strict=True))
    return replace(
        volume, image=image, label=label, spacing_mm=(i, j, k), affine=working_affine(placement)
    ), placement


def to_original_grid(probability: Tensor, placement: Placement) -> Tensor:
    """`probability` (C, *working shape, in [0, 1]) on the original grid, (C, *original shape).

    The exact inverse of `to_working_grid` where it did not resample. Where it did, linear
    interpolation, averaged where the original is the coarser grid: values stay in [0, 1], and
    what varies over a length l (a Gaussian of deviation l, say) comes back to within (h / l)^2,
    h being the larger of the two spacings. What is smaller than that fades: one lone voxel of
    probability 1 comes back at 0.42 on a grid of half its spacing, and is no longer predicted.

    Raises:
        ParameterError: the shape is not that of the working grid.
    """
    if tuple(probability.shape[1:]) != placement.working_shape:
        raise ParameterError(
            f"Parameter `probability` should have the working grid {placement.working_shape}. "
            f"Found {tuple(probability.shape[1:])}."
        )
    fine = _pick(placement.shape, placement.axes)
    back = resample(probability, fine, [1 / step for step in placement.steps])
    flipped = [axis + 1 for axis, is_flipped in enumerate(placement.flips) if is_flipped]
    order = [placement.axes.index(axis) + 1 for axis in range(3)]
    return back.flip(flipped).permute(0, *order).contiguous()


def working_affine(placement: Placement) -> npt.NDArray[np.float64]:
    """From voxel index on the working grid to scanner mm, 4 x 4."""
    ends = _pick(placement.shape, placement.axes)
    to_original = np.zeros((4, 4))
    to_original[3, 3] = 1
    for axis, source in enumerate(placement.axes):
        step = placement.steps[axis]
        first = (ends[axis] - 1) / 2 - (placement.working_shape[axis] - 1) / 2 * step
        if placement.flips[axis]:
            first, step = ends[axis] - 1 - first, -step
        to_original[source, axis], to_original[source, 3] = step, first
    return np.asarray(placement.affine @ to_original)


def _canonical(volume: Volume) -> tuple[Triple, tuple[bool, bool, bool]]:
    """The original axis along each of R, A and S, and whether it runs against it."""
    found = orientations.io_orientation(volume.affine)  # type: ignore[no-untyped-call]
    if not np.isfinite(found).all():
        raise DataError(
            [
                f"The affine of case {volume.case_id} should lead every axis of the volume "
                f"somewhere. Found {np.round(volume.affine, 3).tolist()}: mend its header."
            ]
        )
    x, y, z = (int(axis) for axis in np.argsort(found[:, 0]))
    return (x, y, z), (bool(found[x, 1] < 0), bool(found[y, 1] < 0), bool(found[z, 1] < 0))


def _turn(voxels: Tensor, placement: Placement) -> Tensor:
    """`voxels` (C, *original shape) along the working axes."""
    turned = voxels.permute(0, *(axis + 1 for axis in placement.axes))
    flipped = [axis + 1 for axis, is_flipped in enumerate(placement.flips) if is_flipped]
    return turned.flip(flipped).contiguous()


def _require_spacing(volume: Volume) -> None:
    if not all(0 < step < float("inf") for step in volume.spacing_mm):
        raise DataError(
            [
                f"Case {volume.case_id} should have a voxel spacing above 0 to be resampled. "
                f"Found {volume.spacing_mm} mm: mend its header."
            ]
        )


def _with_spacing(placement: Placement, own_mm: Spacing, spacing_mm: Spacing) -> Placement:
    check_spacing(spacing_mm, 3, least_axes=3)
    ratios = [new / own for new, own in zip(spacing_mm, own_mm, strict=True)]
    x, y, z = (1.0 if abs(ratio - 1) < SAME_SPACING else ratio for ratio in ratios)
    sizes = zip(placement.working_shape, (x, y, z), strict=True)
    i, j, k = (max(1, round(size / step)) for size, step in sizes)
    return replace(placement, working_shape=(i, j, k), steps=(x, y, z))


def _pick(values: Sequence[T], axes: Triple) -> tuple[T, T, T]:
    x, y, z = axes
    return values[x], values[y], values[z]
