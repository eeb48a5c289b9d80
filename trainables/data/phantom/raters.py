"""Raters who know the anatomy, differ mostly where the edge is blurred, and rarely miss a spot."""

import numpy as np
import numpy.typing as npt

from trainables.data.phantom.fields import smooth_field
from trainables.data.phantom.grid import Grid, Mask
from trainables.data.phantom.tumour import REGIONS, Tumour

_HABIT_MM = 0.15
"""Standard deviation over raters of how far out a rater draws every outline."""
_WANDER_MM = 0.15
"""How far an outline wanders where the edge is sharp."""
_WANDER_PER_EDGE = 0.4
"""How much more it wanders per millimetre of edge half-width."""
_MISS_CHANCE = 0.08
_SMALL_MM3 = 400.0
"""A lesion below this volume may be missed."""


def rate(grid: Grid, tumour: Tumour, habit_mm: float, rng: np.random.Generator) -> Mask:
    """One rater's WT, TC, ET (C x X x Y x Z), nested.

    The rater draws the level set of the true signed distance at a smooth random height: its
    standard deviation is 0.15 mm plus 0.4 mm per mm of local edge half-width, never beyond
    two of these; `habit_mm` moves every outline outwards. Of several small lesions one may be
    missed altogether.
    """
    length_mm = max(6.0 * grid.scale, 3.0 * grid.voxel_mm, 3.0)
    seen = ~np.isin(tumour.owner, _missed(grid, tumour, rng))
    drawn = np.empty(tumour.distance_mm.shape, np.bool_)
    unit = smooth_field(grid, length_mm, rng)
    for channel in range(len(REGIONS)):
        # where two outlines run together, one hand has drawn both
        unit = np.float32(0.8) * unit + np.float32(0.6) * smooth_field(grid, length_mm, rng)
        wander = np.clip(unit, -2, 2)
        wander *= np.float32(_WANDER_MM) + np.float32(_WANDER_PER_EDGE) * tumour.edge_mm[channel]
        height = tumour.distance_mm[channel] + wander + np.float32(habit_mm)
        drawn[channel] = (height > 0) & seen & (drawn[channel - 1] if channel else True)
    return drawn


def draw_habit_mm(rng: np.random.Generator) -> float:
    """How far out a rater draws every outline of every case, mm."""
    return float(np.clip(rng.normal(0, _HABIT_MM), -2 * _HABIT_MM, 2 * _HABIT_MM))


def to_codes(regions: Mask) -> npt.NDArray[np.uint8]:
    """BraTS 2018 codes of nested WT, TC, ET: 2 oedema, 1 core without enhancement, 4 enhancing."""
    whole, core, enhancing = regions
    codes = np.where(enhancing, 4, np.where(core, 1, np.where(whole, 2, 0)))
    return codes.astype(np.uint8)


def _missed(grid: Grid, tumour: Tumour, rng: np.random.Generator) -> list[int]:
    """Numbers of the lesions the rater overlooks: small ones, rarely, and never all."""
    missed: list[int] = []
    for number in range(1, tumour.num_lesions + 1):
        volume_mm3 = np.sum(tumour.regions[0] & (tumour.owner == number)) * grid.voxel_mm**3
        is_small = volume_mm3 < _SMALL_MM3
        if rng.random() < _MISS_CHANCE and is_small and len(missed) + 1 < tumour.num_lesions:
            missed.append(number)
    return missed
