"""Settings that a data set proposes: spacing, patch size and the width of fuzzy labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_SMALLEST_PATCH, _LARGEST_PATCH = 32, 128
_WIDEST_MM = 3.0
_LOWER_QUARTILE = 0.25


@dataclass(frozen=True, slots=True)
class Proposals:
    """Where to begin; along X, Y, Z of the working grid, which leads right, anterior, superior."""

    spacing_mm: tuple[float, ...]
    patch_size: tuple[int, ...]
    width_mm: float | None


def propose(
    spacings_mm: Sequence[Sequence[float]],
    extents_mm: Sequence[Sequence[float]],
    lesions_mm3: Sequence[float],
) -> Proposals | None:
    """What cases of these spacings, extents of their foreground and lesions propose.

    - `spacing_mm`: the median of each axis over the cases.
    - `patch_size`: the median extent in voxels of that spacing, down to a multiple of 32 (of 16
      below 64), at least 32 and at most 128: as much context as fits, in sizes that networks of
      five levels can halve. Smaller volumes are filled up with zeros.
    - `width_mm`, the half-width of the fuzzy band: half the radius of the ball that is as large as
      the lower quartile of the lesions, so that three quarters of them keep a certain core; at
      least one voxel, since a narrower band holds few voxels, and else at most 3 mm, about the
      most by which raters differ at a boundary. None where there is no lesion.

    None where there is no case.

    >>> propose([(1, 1, 1)], [(140, 170, 50)], [4.19, 113.1])
    Proposals(spacing_mm=(1.0, 1.0, 1.0), patch_size=(128, 128, 48), width_mm=1.0)
    """
    if not spacings_mm or not extents_mm:
        return None
    spacing = tuple(round(float(median(axis)), 3) for axis in zip(*spacings_mm, strict=True))
    extents = (median(axis) for axis in zip(*extents_mm, strict=True))
    patch = tuple(_side(e / s) for e, s in zip(extents, spacing, strict=True))
    return Proposals(spacing, patch, _width(spacing, lesions_mm3))


def _side(voxels: float) -> int:
    step = 32 if voxels >= 64 else 16
    return max(_SMALLEST_PATCH, min(_LARGEST_PATCH, int(voxels) // step * step))


def _width(spacing_mm: Sequence[float], lesions_mm3: Sequence[float]) -> float | None:
    if not lesions_mm3:
        return None
    small = sorted(lesions_mm3)[int(_LOWER_QUARTILE * len(lesions_mm3))]
    radius = math.cbrt(3 * small / (4 * math.pi))
    voxel = math.cbrt(math.prod(spacing_mm))
    return round(max(voxel, min(radius / 2, _WIDEST_MM)), 2)
