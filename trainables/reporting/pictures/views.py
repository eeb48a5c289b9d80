"""Which slice of a volume is shown, and which way up.

Volumes are turned to RAS+ first: indices rise to the patient's right, to the front, upwards. They
are shown as radiologists do: the patient's right on the left of an axial or coronal picture.
"""

from dataclasses import dataclass
from typing import TypeVar

import nibabel as nib
import numpy as np
import numpy.typing as npt

from trainables.evaluation.case import Masks
from trainables.evaluation.lesions import lesion_numbers
from trainables.surfaces import Mask, Spacing

_Voxel = TypeVar("_Voxel", bound=np.generic)

_THICK = 1.5
"""Slices this many times as thick as the voxels in them are the ones that were scanned."""

_LETTERS = ("APSI", "RLSI", "RLAP")
"""Where the left, right, top and bottom of a picture lie, for slices across X, Y, Z."""


@dataclass(frozen=True, slots=True)
class View:
    """A slice across `axis` (0 sagittal, 1 coronal, 2 axial) of a volume in RAS+."""

    axis: int
    index: int

    @property
    def letters(self) -> str:
        """Directions at the left, right, top and bottom of the picture."""
        return _LETTERS[self.axis]

    def cut(self, volume: npt.NDArray[_Voxel]) -> npt.NDArray[_Voxel]:
        """The picture of `volume` (..., X, Y, Z), rows from the bottom: (..., rows, columns).

        >>> volume = np.arange(8).reshape(2, 2, 2)  # 4 x + 2 y + z
        >>> View(axis=2, index=0).cut(volume).tolist()  # x falls to the right, y rises
        [[4, 0], [6, 2]]
        """
        slab = np.take(volume, self.index, axis=self.axis - 3)
        picture: npt.NDArray[_Voxel] = np.flip(slab, axis=-2).swapaxes(-1, -2)
        return picture

    def pixel_mm(self, spacing_mm: Spacing) -> tuple[float, float]:
        """Width and height of a pixel."""
        width, height = (s for axis, s in enumerate(spacing_mm) if axis != self.axis)
        return width, height


def to_ras(volume: npt.NDArray[_Voxel], affine: npt.NDArray[np.float64]) -> npt.NDArray[_Voxel]:
    """`volume` (..., X, Y, Z) with its last three axes turned to RAS+, without resampling."""
    turns = nib.io_orientation(affine)  # type: ignore[no-untyped-call]
    moved = np.moveaxis(volume, (-3, -2, -1), (0, 1, 2))
    turned = nib.apply_orientation(moved, turns)  # type: ignore[no-untyped-call]
    back: npt.NDArray[_Voxel] = np.moveaxis(turned, (0, 1, 2), (-3, -2, -1))
    return back


def ras_spacing(spacing_mm: Spacing, affine: npt.NDArray[np.float64]) -> Spacing:
    """The voxel size along the axes of `to_ras`."""
    turns = nib.io_orientation(affine)  # type: ignore[no-untyped-call]
    x, y, z = (spacing_mm[int(axis)] for axis in np.argsort(turns[:, 0]))
    return x, y, z


def choose_view(prediction: Masks, reference: Masks, spacing_mm: Spacing) -> View:
    """The slice where it matters, of masks C x X x Y x Z in RAS+.

    The one with the largest area of disagreement, summed over regions; where there is none, the
    largest slice of the largest lesion; where there is no lesion, the middle. Slices are axial
    unless those that were scanned are thicker than their voxels along another axis.
    """
    axis = _across(spacing_mm)
    others = tuple(other for other in range(3) if other != axis)
    areas = (prediction != reference).sum(axis=0, dtype=np.int64).sum(axis=others)
    if not areas.any():
        areas = _largest_lesion(np.logical_or.reduce(reference)).sum(axis=others)
    index = int(areas.argmax()) if areas.any() else len(areas) // 2
    return View(axis, index)


def _across(spacing_mm: Spacing) -> int:
    thickest = int(np.argmax(spacing_mm))
    others = [s for axis, s in enumerate(spacing_mm) if axis != thickest]
    return thickest if spacing_mm[thickest] >= _THICK * max(others) else 2


def _largest_lesion(mask: Mask) -> Mask:
    numbers, count = lesion_numbers(mask)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    sizes[0] = 0
    largest: Mask = numbers == (sizes.argmax() if sizes.any() else -1)
    return largest
