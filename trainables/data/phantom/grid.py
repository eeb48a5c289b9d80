"""Where the voxels of a phantom lie, in millimetres from the centre of its head."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Vector = tuple[float, float, float]
Slices = tuple[slice, slice, slice]

HEAD_EXTENT_MM: Vector = (142.0, 174.0, 134.0)
"""Left-right, front-back and top-bottom extent of the adult head all anatomy is stated for."""

_FILL = 0.9
"""Part of the tightest axis of the field of view that the head takes up."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A box of voxels around the head.

    `shape` X x Y x Z (to the left, to the back, upwards), `spacing_mm` per axis, `origin_mm` the
    first voxel's centre. `scale` is millimetres per anatomical millimetre: 1 for an adult head,
    smaller where the field of view is.
    """

    shape: tuple[int, int, int]
    spacing_mm: Vector
    origin_mm: Vector
    scale: float

    @property
    def voxel_mm(self) -> float:
        """Edge of a cube of one voxel's volume, mm."""
        return float(np.prod(self.spacing_mm) ** (1 / 3))

    @property
    def axes_mm(self) -> tuple[Array, Array, Array]:
        """Voxel centres along each axis, shaped to broadcast to X x Y x Z, in mm."""
        lines = [
            (start + step * np.arange(count)).astype(np.float32)
            for count, step, start in zip(self.shape, self.spacing_mm, self.origin_mm, strict=True)
        ]
        return lines[0][:, None, None], lines[1][None, :, None], lines[2][None, None, :]

    def crop(self, box: Slices) -> "Grid":
        """The part of this grid inside `box`, whose slices have starts and stops."""
        origin = [
            o + s * b.start for o, s, b in zip(self.origin_mm, self.spacing_mm, box, strict=True)
        ]
        shape = [b.stop - b.start for b in box]
        return Grid(
            (shape[0], shape[1], shape[2]),
            self.spacing_mm,
            (origin[0], origin[1], origin[2]),
            self.scale,
        )

    def around(self, centre_mm: Vector, radius_mm: float) -> Slices:
        """The slices of the box of half-edge `radius_mm` about `centre_mm`, clipped to the grid."""
        box = []
        for c, o, s, n in zip(centre_mm, self.origin_mm, self.spacing_mm, self.shape, strict=True):
            first = int(np.floor((c - radius_mm - o) / s))
            last = int(np.ceil((c + radius_mm - o) / s))
            box.append(slice(min(max(first, 0), n - 1), max(min(last + 1, n), 1)))
        return box[0], box[1], box[2]


def fit_head(size: tuple[int, int, int], spacing_mm: Vector) -> tuple[Grid, Slices]:
    """The grid around a head that fills a scan of `size` voxels, and where it lies in the scan."""
    extents = [n * s for n, s in zip(size, spacing_mm, strict=True)]
    scale = min(_FILL * e / h for e, h in zip(extents, HEAD_EXTENT_MM, strict=True))
    whole_origin = [-(n - 1) * s / 2 for n, s in zip(size, spacing_mm, strict=True)]
    whole = Grid(size, spacing_mm, (whole_origin[0], whole_origin[1], whole_origin[2]), scale)
    box = []
    for extent, step, count in zip(HEAD_EXTENT_MM, spacing_mm, size, strict=True):
        half = int(np.ceil(1.1 * extent * scale / (2 * step)))
        box.append(slice(max(count // 2 - half, 0), min(count // 2 + half, count)))
    return whole.crop((box[0], box[1], box[2])), (box[0], box[1], box[2])
