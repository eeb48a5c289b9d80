"""Rotation, scaling, shear and elastic deformation of a patch, and what becomes of distances."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from trainables.compact import STEP_MM, to_steps
from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.augmentation.elastic import Elastic
from trainables.data.chance import between, factor, happens, seed

Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]
Size = tuple[int, int, int]

_IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

_FAR_STEPS = 126.5
"""What rounds to the farthest distance: it may be any, and is not scaled."""

_STRIDE = 4
"""Voxels between the places where an elastic deformation's change of size is computed."""


@dataclass(frozen=True, slots=True)
class Warp:
    """Where a voxel of the new patch is taken from: ``y = A x + u(x)``, mm from the middle.

    `matrix` is A, rows along X, Y, Z; u is a cubic B-spline, 0 where `elastic` is None.
    """

    matrix: Matrix
    elastic: Elastic | None = None

    def margin(self, size: Size, spacing_mm: Sequence[float]) -> Size:
        """Voxels that the patch it takes from is longer at each end; below 0 where it is shorter.

        A cubic B-spline stays between its control points, so that no voxel lies outside.
        """
        half = [(n - 1) / 2 * step for n, step in zip(size, spacing_mm, strict=True)]
        shift_mm = self.elastic.shift_mm if self.elastic else 0.0
        reach = [
            sum(abs(a) * h for a, h in zip(row, half, strict=True)) + shift_mm
            for row in self.matrix
        ]
        more = zip(reach, half, spacing_mm, strict=True)
        x, y, z = (math.ceil((r - h) / step - 1e-6) for r, h, step in more)
        return x, y, z


def draw_warp(config: AugmentationConfig, generator: torch.Generator) -> Warp | None:
    """A deformation, or None."""
    is_affine = happens(config.affine, generator)
    is_elastic = happens(config.elastic, generator)
    if not (is_affine or is_elastic):
        return None
    matrix = _draw_matrix(config, generator) if is_affine else _IDENTITY
    elastic = None
    if is_elastic:
        number = seed(generator)
        elastic = Elastic(number, config.elastic_spacing_mm, config.elastic_shift_mm)
    return Warp(matrix, elastic)


def bend(
    image: Tensor, phi: Tensor, depth: Tensor, warp: Warp, size: Size, spacing_mm: Sequence[float]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A patch of `size` out of a larger one, both on one grid and with the same middle.

    The image is interpolated linearly. The label is that of the nearest voxel, so that on average
    lesions keep their number of voxels, however few: an interpolated mask or distance that is cut
    at its middle shrinks small ones, to a third in thick slices. Distances are interpolated
    linearly, as mm, and multiplied by how much longer a length has become there, ``|det dy/dx| **
    (-1/3)``, exact for a similarity; where axes change by different factors a distance is wrong
    by at most their ratio. Then they get the label's sign and at least half the smallest spacing,
    as every distance has (see `trainables.distance`). The depth is that of the nearest voxel, as
    much longer, and never below the distance.

    Args:
        image: floating (M, X', Y', Z'), a `margin` longer than `size` at each end.
        phi: int8 steps of 1/16 mm (C, X', Y', Z').
        depth: int8 steps of 1/16 mm (C, X', Y', Z').
        warp: What to do.
        size: X, Y, Z of the new patch.
        spacing_mm: Of both, along X, Y, Z.

    Returns:
        Image, label (bool), phi and depth (int8), each (..., X, Y, Z).
    """
    grid = _grid(warp, size, image.shape[1:], spacing_mm, image)
    growth = _growth(warp, size, spacing_mm, image)
    distance = _grown(_sampled(phi.to(image.dtype), grid, "bilinear"), growth)
    # one look at the nearest voxel tells both: a depth is above 0, and its sign is free
    nearest = _sampled(torch.where(phi > 0, depth, -depth).to(image.dtype), grid, "nearest")
    label = nearest > 0
    distance = _signed(distance, label, min(spacing_mm) / 2 / STEP_MM)
    deep = torch.maximum(_grown(nearest.abs(), growth), distance)
    bent = _sampled(image, grid, "bilinear")
    return bent, label, to_steps(distance * STEP_MM), to_steps(deep * STEP_MM)


def _draw_matrix(config: AugmentationConfig, generator: torch.Generator) -> Matrix:
    # Lazily: the import of monai takes seconds.
    from monai.transforms.utils import create_rotate, create_scale, create_shear

    most = math.radians(config.rotation_degrees)
    angles = [between(-most, most, generator) for _ in range(3)]
    size = factor(config.scaling, generator)
    sizes = [size * factor(config.axis_scaling, generator) for _ in range(3)]
    shears = [between(-config.shear, config.shear, generator) for _ in range(6)]
    scale = create_scale(3, [1 / s for s in sizes])
    product = create_rotate(3, angles) @ create_shear(3, shears) @ scale
    x, y, z = ((float(a), float(b), float(c)) for a, b, c in product[:3, :3])
    return x, y, z


def _grid(
    warp: Warp, size: Size, source: Sequence[int], spacing_mm: Sequence[float], like: Tensor
) -> Tensor:
    """Where each voxel is taken from, (1, X, Y, Z, 3), as `grid_sample` counts: Z first."""
    axes = _axes(size, size, spacing_mm, like)
    x, y, z = axes[0][:, None, None], axes[1][:, None], axes[2]
    places = torch.stack([a * x + b * y + c * z for a, b, c in warp.matrix])
    if warp.elastic is not None:
        places += warp.elastic.shifts(axes)
    lengths = [max(n - 1, 1) * step for n, step in zip(source, spacing_mm, strict=True)]
    places *= 2 / places.new_tensor(lengths).view(3, 1, 1, 1)
    return places.flip(0).movedim(0, -1)[None]


def _axes(
    size: Size, counts: Sequence[int], spacing_mm: Sequence[float], like: Tensor
) -> list[Tensor]:
    """So many places along each axis of a patch, from its first voxel to its last, mm."""
    halves = ((n - 1) / 2 * step for n, step in zip(size, spacing_mm, strict=True))
    return [
        torch.linspace(-half, half, count, dtype=torch.float64).to(like)
        for half, count in zip(halves, counts, strict=True)
    ]


def _growth(warp: Warp, size: Size, spacing_mm: Sequence[float], like: Tensor) -> Tensor:
    """How much longer lengths become, above 0: one number, or (X, Y, Z)."""
    matrix = like.new_tensor(warp.matrix)
    if warp.elastic is None:
        return _root(torch.linalg.det(matrix))
    coarse = _axes(size, [max(2, n // _STRIDE) for n in size], spacing_mm, like)
    slopes = warp.elastic.slopes(coarse) + matrix.view(3, 3, 1, 1, 1)
    growth = _root(torch.linalg.det(slopes.movedim((0, 1), (-2, -1))))
    fine: Tensor = interpolate(growth[None, None], size, mode="trilinear", align_corners=True)
    return fine[0, 0]


def _root(determinant: Tensor) -> Tensor:
    """The factor of lengths that goes with a factor ``1 / determinant`` of volumes."""
    return torch.pow(determinant.abs().clamp(min=1e-3), -1 / 3)


def _sampled(tensor: Tensor, grid: Tensor, mode: str) -> Tensor:
    """`tensor` (C, X', Y', Z') at the places of `grid`: (C, X, Y, Z)."""
    return grid_sample(tensor[None], grid, mode=mode, padding_mode="border", align_corners=True)[0]


def _grown(steps: Tensor, growth: Tensor) -> Tensor:
    """Distances times `growth`; the farthest may be any and stay the farthest."""
    return torch.where(steps.abs() < _FAR_STEPS, steps * growth, steps)


def _signed(steps: Tensor, label: Tensor, least: float) -> Tensor:
    """Distances at least `least` where `label` is, and at most the negative of it elsewhere."""
    return torch.where(label, steps.clamp(min=least), steps.clamp(max=-least))
