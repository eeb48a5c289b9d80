"""Tumours with nested regions and edges that are sharp here and blurred there."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from trainables.data.phantom.fields import smooth_field
from trainables.data.phantom.grid import Array, Grid, Mask, Slices
from trainables.data.phantom.head import Head
from trainables.data.phantom.lesions import Lesion
from trainables.data.phantom.shapes import Points, ellipsoid

REGIONS = ("WT", "TC", "ET")
FAR_MM = 30.0
"""Distance given to voxels far outside every lesion."""
EDGE_MM = ((0.5, 3.5), (0.4, 2.5), (0.4, 1.2))
"""Half-width of the sharpest and the softest edge of WT, TC and ET."""


@dataclass(frozen=True, slots=True)
class Tumour:
    """The latent truth of a patient; C = 3 nested regions WT, TC, ET.

    `distance_mm` (C x X x Y x Z) is the signed distance to each region's surface, positive
    inside; `edge_mm` (same shape) half the width over which the image blends at that place;
    `owner` (X x Y x Z) numbers the lesion a voxel belongs to or lies next to, from 1.
    """

    distance_mm: Array
    edge_mm: Array
    owner: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    num_lesions: int

    @property
    def regions(self) -> Mask:
        """The regions as masks, C x X x Y x Z."""
        return self.distance_mm > 0


def make_tumour(grid: Grid, head: Head, lesions: list[Lesion], rng: np.random.Generator) -> Tumour:
    """Grow each lesion in its place: inside the brain, outside the ventricles."""
    distance = np.full((len(REGIONS), *grid.shape), -FAR_MM, np.float32)
    edge = np.empty_like(distance)
    for channel, (sharp, _) in enumerate(EDGE_MM):
        edge[channel] = sharp
    owner = np.zeros(grid.shape, np.uint8)
    for number, lesion in enumerate(lesions, start=1):
        centre = tuple(c * grid.scale for c in lesion.centre)
        reach = (1.5 * lesion.radius + 1.8 * lesion.margin) * grid.scale + 6 * grid.voxel_mm
        box = grid.around((centre[0], centre[1], centre[2]), reach)
        masks = _grow(grid.crop(box), box, head, lesion, rng)
        nearer = _insert(grid, box, masks, distance)
        owner[box][nearer] = number
        for channel in range(len(REGIONS)):
            edge[channel][box][nearer] = _edge(grid.crop(box), channel, lesion, rng)[nearer]
    return Tumour(distance, edge, owner, len(lesions))


def _grow(
    grid: Grid, box: Slices, head: Head, lesion: Lesion, rng: np.random.Generator
) -> list[Mask]:
    """The masks WT, TC, ET of one lesion on its own `grid`."""
    allowed = (head.ventricle[box] < 0.5) & (head.depth_mm[box] > 0)
    core_depth = _core_depth(grid, lesion, rng)
    core = _attached(allowed & (core_depth > 0), None)
    smooth_white = ndimage.gaussian_filter(head.white[box], 1.2)
    spread = 0.65 + 0.3 * smooth_field(grid, 11 * grid.scale, rng) + 0.75 * (smooth_white - 0.6)
    floor = 1.1 * grid.voxel_mm / (lesion.margin * grid.scale)
    margin = np.float32(lesion.margin) * np.clip(spread, floor, 1.7)
    whole = _attached((allowed & (core_depth + margin > 0)) | core, core)
    gap = smooth_field(grid, 0.8 * lesion.radius * grid.scale, rng) > 1.5
    thick = lesion.rim * np.exp(0.3 * smooth_field(grid, 0.6 * lesion.radius * grid.scale, rng))
    enhancing = core & (core_depth < thick) & ~(gap & (lesion.rim < 0.6 * lesion.radius))
    return [whole, core, enhancing if lesion.rim > 0 else np.zeros_like(core)]


def _core_depth(grid: Grid, lesion: Lesion, rng: np.random.Generator) -> Array:
    """Depth inside an irregular, slightly elongated core, anatomical mm."""
    x, y, z = (axis / np.float32(grid.scale) for axis in grid.axes_mm)
    points: Points = tuple(np.broadcast_arrays(x, y, z))  # type: ignore[assignment]
    r = lesion.radius * np.exp(rng.normal(0, 0.13, 3))
    body = ellipsoid(points, lesion.centre, (float(r[0]), float(r[1]), float(r[2])))
    coarse = smooth_field(grid, max(0.75 * lesion.radius * grid.scale, 2 * grid.voxel_mm), rng)
    fine = smooth_field(grid, max(0.3 * lesion.radius * grid.scale, 1.5 * grid.voxel_mm), rng)
    depth = body + lesion.radius * (0.16 * coarse + 0.06 * fine)
    return depth.astype(np.float32)


def _attached(mask: Mask, seed: Mask | None) -> Mask:
    """The components of `mask` that touch `seed`; without a seed, the largest one."""
    parts, count = ndimage.label(mask)
    if count < 2:
        return mask
    if seed is None:
        keep = np.asarray([1 + int(np.argmax(np.bincount(parts.ravel())[1:]))])
    else:
        keep = np.unique(parts[seed])
    kept: Mask = np.isin(parts, keep[keep > 0])
    return kept


def _insert(grid: Grid, box: Slices, masks: list[Mask], distance: Array) -> Mask:
    """Join one lesion's regions to `distance`; returns where this lesion is the nearest."""
    found = [_signed_distance(mask, grid) for mask in masks]
    nearer: Mask = found[0] > distance[0][box]
    for channel, new in enumerate(found):
        distance[channel][box] = np.maximum(distance[channel][box], new)
    return nearer


def _signed_distance(mask: Mask, grid: Grid) -> Array:
    """Distance to the surface of `mask`, mm, positive inside, zero half a voxel off its voxels."""
    if not mask.any():
        return np.full(mask.shape, -FAR_MM, np.float32)
    half = grid.voxel_mm / 2
    padded = np.pad(mask, 1)
    core = (slice(1, -1),) * 3
    inside = ndimage.distance_transform_edt(padded, sampling=grid.spacing_mm)[core]
    outside = ndimage.distance_transform_edt(~padded, sampling=grid.spacing_mm)[core]
    distance: Array = np.where(mask, inside - half, half - outside).astype(np.float32)
    return distance


def _edge(grid: Grid, channel: int, lesion: Lesion, rng: np.random.Generator) -> Array:
    """Half-width of an edge at each voxel: a smooth field between sharp and soft, in mm."""
    sharp, soft = EDGE_MM[channel]
    soft = max(min(soft, 0.45 * lesion.radius * grid.scale), 1.5 * sharp)
    field = smooth_field(grid, 0.8 * lesion.radius * grid.scale, rng)
    part = 1 / (1 + np.exp(-np.float32(1.8) * field))
    half_width: Array = np.float32(sharp) * np.float32(soft / sharp) ** part
    return half_width
