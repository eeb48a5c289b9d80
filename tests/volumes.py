"""Masks to try the mathematics on: mostly a few lesions of different depth, and the odd ones.

A seed decides the whole mask. Each kind draws a part of the voxels of `within`, so that regions
nest.
"""

import numpy as np
from drawn import RNGS
from scipy import ndimage

SIDES = (5, 6, 7, 8, 9, 5, 6, 7, 8, 9, 9, 1)
KINDS = ("blobs",) * 6 + ("speckles", "odd")


def masks(dims=(2, 3), sides=SIDES, kinds=KINDS):
    """A strategy of masks (*spatial)."""
    return RNGS.map(lambda rng: draw_mask(rng, draw_volume(rng, dims, sides), kinds))


def nested_masks(count, dims=(2, 3)):
    """A strategy of nested regions (count, *spatial), the outermost first."""

    def nest(rng):
        regions = [draw_volume(rng, dims, SIDES)]
        for _ in range(count):
            regions.append(draw_mask(rng, regions[-1], KINDS))
        return np.stack(regions[1:])

    return RNGS.map(nest)


def draw_volume(rng, dims, sides):
    return np.ones(rng.choice(sides, size=rng.choice(dims)), dtype=bool)


def draw_mask(rng, within, kinds):
    kind = rng.choice(kinds)
    return {"blobs": blobs, "speckles": speckles, "few": few, "odd": odd}[kind](rng, within)


def blobs(rng, within):
    """Boxes and balls with centres in `within`, one to six voxels across, mostly not touching."""
    mask, centres = np.zeros_like(within), np.argwhere(within)
    for _ in range(rng.integers(2, 21) if len(centres) else 0):
        away = np.abs((np.indices(within.shape).T - rng.choice(centres)).T)
        norm = away.max(0) if rng.random() < 0.5 else np.linalg.norm(away, axis=0)
        radius = rng.choice([0.0, 1.0, 1.5, 2.5])
        if rng.random() < 0.05 or not mask[norm <= radius + 1.5].any():
            mask |= norm <= radius
    return mask & within


def speckles(rng, within):
    """Voxels on their own: few, half or most of `within`."""
    return within & (rng.random(within.shape) < rng.choice([0.1, 0.5, 0.9]))


def few(rng, within):
    """Voxels on their own and far apart."""
    return within & (rng.random(within.shape) < 1 / 60)


def odd(rng, within):
    """Nothing, all, one voxel, all but one, or what lies at one end of the first axis."""
    places = np.argwhere(within)
    mask = np.zeros_like(within)
    if not len(places):
        return mask
    one = tuple(rng.choice(places))
    kind = rng.integers(5)
    if kind == 0:
        return mask
    if kind == 1:
        return within.copy()
    if kind == 2:
        mask[one] = True
        return mask
    if kind == 3:
        mask[one] = True
        return within & ~mask
    mask[: rng.integers(1, 3)] = True
    return mask & within


def components(mask):
    """Each voxel's lesion, from 1; 0 is background, and voxels that touch at all are of one."""
    return ndimage.label(mask, structure=np.ones((3,) * mask.ndim))[0]


def has_several_depths(mask, spacing_mm=None):
    """Whether lesions of different depth lie in the mask, by scipy's distances."""
    inside = ndimage.distance_transform_edt(mask, sampling=spacing_mm)
    numbers = components(mask)
    if mask.all() or numbers.max() < 2:
        return False
    return np.ptp(ndimage.maximum(inside, numbers, range(1, numbers.max() + 1))) > 0.1
