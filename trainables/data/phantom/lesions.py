"""Which lesions a phantom patient has: how many, where, how large, of which kind."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from trainables.data.phantom.grid import Grid, Vector


class Kind(StrEnum):
    """What a patient has."""

    GLIOMA = "glioma"
    """One large lesion: enhancing rim, necrotic core, wide oedema."""
    METASTASES = "metastases"
    """Several small enhancing lesions, the larger ones necrotic."""
    LOW_GRADE = "low grade"
    """One large lesion that takes up no contrast agent: no enhancing tumour at all."""


_ORDER = (Kind.GLIOMA, Kind.METASTASES, Kind.GLIOMA, Kind.LOW_GRADE, Kind.METASTASES, Kind.GLIOMA)


def kind_of(index: int) -> Kind:
    """The kind of case `index`; any six cases in a row hold each kind.

    >>> [kind_of(index).value for index in range(4)]
    ['glioma', 'metastases', 'glioma', 'low grade']
    """
    return _ORDER[index % len(_ORDER)]


@dataclass(frozen=True, slots=True)
class Lesion:
    """One lesion, in anatomical mm (see `head`).

    `centre`; `radius` of the tumour core; `margin` of oedema around it; `rim` thickness of the
    enhancing shell (0 where nothing enhances); `pressure` in [0, 1), how far tissue is pushed
    away.
    """

    centre: Vector
    radius: float
    margin: float
    rim: float
    pressure: float


def plan_lesions(kind: Kind, grid: Grid, rng: np.random.Generator) -> list[Lesion]:
    """The lesions of a patient of `kind`, none smaller than a few voxels of `grid`."""
    voxel = grid.voxel_mm / grid.scale
    if kind is Kind.METASTASES:
        return _metastases(voxel, rng)
    radius = max(rng.uniform(13, 19), 3.4 * voxel)
    margin = max(rng.uniform(8, 14) if kind is Kind.GLIOMA else rng.uniform(4, 8), 1.5 * voxel)
    rim = max(rng.uniform(3.5, 5.5), 1.6 * voxel) if kind is Kind.GLIOMA else 0.0
    centre = _place(radius + 0.6 * margin, rng)
    return [Lesion(centre, radius, margin, rim, pressure=float(rng.uniform(0.3, 0.5)))]


def _metastases(voxel: float, rng: np.random.Generator) -> list[Lesion]:
    """Three to six lesions that stay apart; fewer, but two, where the head is too small."""
    wanted, found = int(rng.integers(3, 7)), list[Lesion]()
    for attempt in range(400):
        radius = max(
            float(np.exp(rng.uniform(np.log(2.8), np.log(8.0)))), rng.uniform(2.1, 2.8) * voxel
        )
        margin = max(rng.uniform(1.5, 6.5), 1.2 * voxel)
        centre = _place(radius + 2, rng)
        apart = [
            np.linalg.norm(np.subtract(centre, o.centre)) - radius - o.radius - margin - o.margin
            for o in found
        ]
        if all(gap > 2 * voxel for gap in apart) or (attempt > 300 and len(found) < 2):
            rim = max(rng.uniform(2.0, 3.5), 1.6 * voxel)
            found.append(Lesion(centre, radius, margin, rim, pressure=0.2))
        if len(found) == wanted:
            break
    return found


def _place(clearance: float, rng: np.random.Generator) -> Vector:
    """A point of the cerebrum off the midline and, if it can be, `clearance` below the surface."""
    best, best_depth = (0.0, 0.0, 0.0), -np.inf
    for _ in range(60):
        direction = rng.standard_normal(3)
        direction /= np.linalg.norm(direction)
        x, y, z = direction * rng.uniform(0.35, 0.85) * np.array([62.0, 78.0, 58.0])
        if abs(x) < 0.75 * min(clearance, 26) or z < -12:
            continue
        depth = (1 - np.sqrt((x / 62) ** 2 + (y / 78) ** 2 + (z / 58) ** 2)) * 66
        if depth > best_depth:
            best, best_depth = (float(x), float(y), float(z)), depth
        if depth > clearance:
            break
    return best
