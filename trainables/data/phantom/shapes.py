"""Signed distances to simple bodies, positive inside, and soft fractions made from them."""

import numpy as np

from trainables.data.phantom.grid import Array, Vector

Points = tuple[Array, Array, Array]


def ellipsoid(points: Points, centre: Vector, radii: Vector) -> Array:
    """Distance to an ellipsoid's surface: exact on it and for spheres, close to it elsewhere."""
    first = np.zeros_like(points[0])
    second = np.zeros_like(points[0])
    for p, c, r in zip(points, centre, radii, strict=True):
        square = np.square((p - np.float32(c)) / np.float32(r))
        first += square
        second += square / np.float32(r * r)
    # keeps the centre itself, where both sums vanish, at the depth of its neighbours
    tiny = np.float32(1e-12)
    level = np.sqrt(first + tiny)
    distance: Array = level * (1 - level) / np.sqrt(second + tiny / np.float32(min(radii) ** 2))
    return distance


def tube(points: Points, ends: tuple[Vector, Vector], radii: tuple[float, float]) -> Array:
    """Distance to a round tube between two `ends`, its radius going from one to the other."""
    start, stop = (np.asarray(end, np.float32) for end in ends)
    axis = stop - start
    along = sum((p - s) * a for p, s, a in zip(points, start, axis, strict=True))
    t = np.clip(along / np.float32(axis @ axis), 0, 1)
    square = sum(np.square(p - s - t * a) for p, s, a in zip(points, start, axis, strict=True))
    radius: Array = np.float32(radii[0]) + t * np.float32(radii[1] - radii[0])
    distance: Array = radius - np.sqrt(square)
    return distance


def blend_union(one: Array, other: Array, width: float) -> Array:
    """The union of two bodies with the crease between them rounded over `width`."""
    overlap = np.maximum(np.float32(width) - np.abs(one - other), 0)
    union: Array = np.maximum(one, other) + overlap * overlap / np.float32(4 * width)
    return union


def covered(distance_mm: Array, voxel_mm: float) -> Array:
    """Part of each voxel that a body covers, in [0, 1], from the distance to its surface.

    Exact for a plane across a voxel's axis, which is partial volume as a scanner sees it.
    """
    part: Array = np.clip(0.5 + distance_mm / np.float32(voxel_mm), 0, 1)
    return part
