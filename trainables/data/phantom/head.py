"""A skull-stripped head: folded cortex, white matter, deep grey nuclei, ventricles, vessels.

All anatomy is stated in anatomical millimetres of an adult head, x to the left, y to the back,
z upwards from the middle of the brain, and scaled by `Grid.scale`.
"""

from dataclasses import dataclass

import numpy as np

from trainables.data.phantom.fields import smooth_field, wave_field
from trainables.data.phantom.grid import Array, Grid, Mask
from trainables.data.phantom.lesions import Lesion
from trainables.data.phantom.shapes import Points, blend_union, covered, ellipsoid, tube

GYRUS = 10.0
"""Distance from one sulcus to the next."""
_DOME = (68.0, 84.0, 64.0)
_SULCUS_DEPTH = 18.0
_CORTEX = 3.0
_LATERAL_VENTRICLE = (
    ((13.0, -34.0, 5.0), (6.0, -16.0, 11.0), 3.0, 4.5),
    ((6.0, -16.0, 11.0), (10.0, 8.0, 15.0), 4.5, 5.0),
    ((10.0, 8.0, 15.0), (23.0, 28.0, 7.0), 5.0, 6.5),
    ((23.0, 28.0, 7.0), (20.0, 50.0, 4.0), 5.0, 2.0),
    ((23.0, 28.0, 7.0), (33.0, 6.0, -16.0), 4.0, 2.0),
)
_NUCLEI = (
    ((9.0, 6.0, 1.0), (7.5, 13.0, 8.0)),
    ((13.0, -20.0, 4.0), (4.5, 9.0, 8.0)),
    ((25.0, -5.0, 0.0), (6.0, 15.0, 9.0)),
)


@dataclass(frozen=True, slots=True)
class Head:
    """What each voxel of a grid is made of, as parts in [0, 1] that sum to 1 inside `mask`.

    `fluid` is all cerebrospinal fluid and `ventricle` the part of it inside the ventricles;
    `vessel` lies over the others (it replaces them where it is 1). `depth_mm` is the distance
    to the brain's outer surface. All of shape X x Y x Z.
    """

    mask: Mask
    fluid: Array
    grey: Array
    white: Array
    vessel: Array
    ventricle: Array
    depth_mm: Array


def make_head(grid: Grid, lesions: list[Lesion], rng: np.random.Generator) -> Head:
    """A head in a random pose, of random shape and folding, pushed aside by its `lesions`."""
    outer = _pose(grid, rng)
    inner = _push(outer, lesions)
    cerebrum, cerebellum, stem = _cerebrum(outer), _cerebellum(outer), _stem(outer)
    depth = blend_union(np.maximum(cerebrum, cerebellum), stem, 5.0)
    cortex, sulcus = _cortex_distance(grid, inner, cerebrum, rng)
    leaves = _leaf_distance(grid, inner, cerebellum, rng)
    pial = blend_union(np.maximum(cortex, leaves), stem - 1, 5.0)
    edge_mm = 1.15 * grid.voxel_mm
    tissue = covered(pial * np.float32(grid.scale), edge_mm)
    ribbon = np.float32(max(_CORTEX * grid.scale, 1.1 * grid.voxel_mm))
    white = np.minimum(covered(pial * np.float32(grid.scale) - ribbon, edge_mm), tissue)
    ventricle = covered(_ventricles(inner, rng) * np.float32(grid.scale), edge_mm)
    nuclei = covered(_nuclei(inner) * np.float32(grid.scale), 1.5 * edge_mm)
    brain = tissue * (1 - ventricle)
    white = np.minimum(white, brain) * (1 - np.float32(0.7) * nuclei)
    tentorium = ellipsoid(outer, (0.0, 38.0, -18.0), (44.0, 34.0, 9.0))
    mask = np.maximum(depth, tentorium) > -0.8
    vessel = _vessels(grid, inner, cerebrum, sulcus, rng) * mask
    return Head(
        mask,
        (1 - brain) * mask,
        (brain - white) * mask,
        white * mask,
        vessel,
        ventricle * mask,
        depth * np.float32(grid.scale),
    )


def _pose(grid: Grid, rng: np.random.Generator) -> Points:
    """Anatomical coordinates of every voxel: turned a little, stretched a little, bent a little."""
    x, y, z = (axis / np.float32(grid.scale) for axis in grid.axes_mm)
    a, b, c = rng.normal(0, np.deg2rad(2.0), 3).astype(np.float32)
    stretch = rng.uniform(0.98, 1.06, 3).astype(np.float32)
    turned = (x + a * y + b * z, y - a * x + c * z, z - b * x - c * y)
    bend = [np.float32(1.6) * smooth_field(grid, 45 * grid.scale, rng) for _ in range(3)]
    points = [t * s + w for t, s, w in zip(turned, stretch, bend, strict=True)]
    return points[0], points[1], points[2]


def _push(points: Points, lesions: list[Lesion]) -> Points:
    """Coordinates before the lesions grew: tissue near a large one is pushed away from it."""
    moved = list(points)
    for lesion in lesions:
        reach = np.float32(2.2 * lesion.radius)
        offset = [p - np.float32(c) for p, c in zip(points, lesion.centre, strict=True)]
        pull = np.float32(lesion.pressure) * np.exp(-sum(o * o for o in offset) / reach**2)
        moved = [m - o * pull for m, o in zip(moved, offset, strict=True)]
    return moved[0], moved[1], moved[2]


def _cerebrum(p: Points) -> Array:
    """Depth below the surface of both hemispheres, the fissures between lobes left out."""
    side = (np.abs(p[0]), p[1], p[2])
    dome = ellipsoid(p, (0.0, 0.0, 0.0), _DOME)
    tent = np.exp(-np.square(p[0] / 30) - np.square((p[1] - 34) / 32))
    dome = np.minimum(dome, p[2] + 23 - 8 * tent)
    frontal = ellipsoid(side, (26.0, -18.0, 4.0), (40.0, 62.0, 46.0))
    temporal = ellipsoid(side, (39.0, -4.0, -24.0), (26.0, 45.0, 20.0))
    return blend_union(np.maximum(dome, frontal), temporal, 8.0)


def _cerebellum(p: Points) -> Array:
    side = (np.abs(p[0]), p[1], p[2])
    hemisphere = ellipsoid(side, (20.0, 44.0, -36.0), (30.0, 29.0, 20.0))
    return np.maximum(hemisphere, ellipsoid(p, (0.0, 42.0, -32.0), (18.0, 26.0, 20.0)))


def _stem(p: Points) -> Array:
    return tube(p, ((0.0, 8.0, -14.0), (0.0, 22.0, -66.0)), (15.0, 11.0))


def _cortex_distance(
    grid: Grid, p: Points, cerebrum: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Depth below the folded cerebral surface, and distance to a sulcus; anatomical mm."""
    gyrus = max(GYRUS, 4.2 * grid.voxel_mm / grid.scale)
    fissure = _fissure(p, rng)
    # measured from the dome, so that sulci run in from the sides and not from the flat base;
    # the walls of the fissure have them too, but shallow
    dome = ellipsoid(p, (0.0, 0.0, 0.0), _DOME)
    depth = np.minimum(np.maximum(dome, cerebrum), fissure + 11)
    bottom = np.float32(_SULCUS_DEPTH) + 5 * smooth_field(grid, 14 * grid.scale, rng)
    sheets = _sheet_distance(grid, wave_field(_directions(p), 2 * gyrus, rng, 48))
    sulcus = np.hypot(sheets, np.maximum(depth - bottom, 0))
    opening = np.float32(rng.uniform(0.2, 0.7)) + np.float32(0.9) * np.clip(1 - depth / 12, 0, 1)
    walls = np.minimum(cerebrum - np.float32(1.2), fissure - np.float32(0.5))
    return np.minimum(walls, sulcus - opening), sulcus


def _leaf_distance(grid: Grid, p: Points, cerebellum: Array, rng: np.random.Generator) -> Array:
    """Depth below the finely leaved surface of the cerebellum, anatomical mm."""
    pitch = max(9.0, 5 * grid.voxel_mm / grid.scale)
    leaves = _sheet_distance(grid, wave_field(p, pitch, rng, 12, (0.15, 0.6, 1.0)))
    leaves = np.hypot(leaves, np.maximum(cerebellum - 11, 0))
    depth: Array = np.minimum(cerebellum - 1, leaves - np.float32(0.4))
    return depth


def _directions(p: Points) -> Points:
    """Points moved out to the surface along their radius, so that sheets run inwards from it."""
    radius = np.sqrt(sum(np.square(c / np.float32(r)) for c, r in zip(p, _DOME, strict=True)))
    factor = np.maximum(radius, np.float32(0.3)) ** np.float32(-0.75)
    return p[0] * factor, p[1] * factor, p[2] * factor


def _sheet_distance(grid: Grid, field: Array) -> Array:
    """Distance to the zero set of `field` to first order, anatomical mm."""
    slopes = np.gradient(field, *(s / grid.scale for s in grid.spacing_mm))
    steepness = np.sqrt(sum(s * s for s in slopes))
    floor = np.float32(0.35 * np.sqrt(np.mean(np.square(steepness))))
    distance: Array = np.abs(field) / np.maximum(steepness, floor)
    return distance


def _fissure(p: Points, rng: np.random.Generator) -> Array:
    """Distance to the cleft between the hemispheres, which ends above the corpus callosum."""
    wave = np.float32(1.2) * np.sin(p[1] / np.float32(rng.uniform(14, 20)))
    flat = np.zeros_like(p[0])
    bridge = ellipsoid((flat, p[1], p[2]), (0.0, 4.0, 2.0), (1e3, 42.0, 26.0))
    distance: Array = np.hypot(p[0] + wave, np.maximum(bridge, 0))
    return distance


def _ventricles(p: Points, rng: np.random.Generator) -> Array:
    """Distance into the lateral and third ventricles; their width varies from head to head."""
    side = (np.abs(p[0] + np.float32(rng.normal(0, 0.8))), p[1], p[2])
    widen = float(rng.uniform(-1.0, 1.5))
    third = tube(p, ((0.0, -6.0, -4.0), (0.0, 12.0, -2.0)), (2.0, 2.0))
    inside = np.maximum(third, np.float32(-30))
    for start, stop, first, last in _LATERAL_VENTRICLE:
        inside = np.maximum(inside, tube(side, (start, stop), (first + widen, last + widen)))
    return inside


def _nuclei(p: Points) -> Array:
    side = (np.abs(p[0]), p[1], p[2])
    bodies = [ellipsoid(side, centre, radii) for centre, radii in _NUCLEI]
    return np.maximum(np.maximum(bodies[0], bodies[1]), bodies[2])


def _vessels(
    grid: Grid, p: Points, cerebrum: Array, sulcus: Array, rng: np.random.Generator
) -> Array:
    """Part of each voxel inside the sagittal sinus or a vessel that runs along a sulcus."""
    dome = ellipsoid(p, (0.0, 0.0, 0.0), _DOME)
    sinus = 4 - np.hypot(p[0], dome - 2) - np.where(p[2] > -8, 0, np.float32(20))
    branch = np.abs(smooth_field(grid, 7 * grid.scale, rng)) * 7
    vein = np.float32(0.9) - np.hypot(sulcus, branch)
    inside = np.maximum(sinus, np.where(cerebrum > 1, vein, np.float32(-9)))
    return covered(inside * np.float32(grid.scale), 1.15 * grid.voxel_mm)
