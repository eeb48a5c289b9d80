"""Smooth random fields of zero mean and unit variance: what makes no two phantoms alike."""

import numpy as np

from trainables.data.phantom.grid import Array, Grid


def smooth_field(grid: Grid, length_mm: float, rng: np.random.Generator) -> Array:
    """A Gaussian field over `grid` that varies over about `length_mm`, shape X x Y x Z.

    Cubic B-splines with independent normal coefficients on a lattice of pitch `length_mm`. The
    weights of a voxel are scaled to unit length per axis, so the variance is 1 at every voxel.
    """
    bases = [
        _spline_rows(count, step / length_mm, float(rng.random()))
        for count, step in zip(grid.shape, grid.spacing_mm, strict=True)
    ]
    knots = rng.standard_normal(tuple(b.shape[1] for b in bases), dtype=np.float32)
    for basis in bases:
        # contracts the first axis and appends the new one, so three rounds restore the order
        knots = np.tensordot(knots, basis, axes=(0, 1))
    return knots


def wave_field(
    points: tuple[Array, Array, Array],
    wavelength: float,
    rng: np.random.Generator,
    num_waves: int = 32,
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Array:
    """A Gaussian field of one wavelength at `points`: plane waves in random directions.

    Its zero set is a labyrinth of sheets half a `wavelength` apart, as sulci are. `stretch`
    multiplies the components of the directions before they are scaled to unit length, so a large
    component lays the sheets across that axis.
    """
    total = np.zeros(points[0].shape, np.float32)
    for _ in range(num_waves):
        direction = rng.standard_normal(3) * stretch
        wave_number = 2 * np.pi / (wavelength * rng.uniform(0.85, 1.2))
        k = direction * (wave_number / np.linalg.norm(direction))
        phase = np.float32(k[0]) * points[0]
        phase += np.float32(k[1]) * points[1]
        phase += np.float32(k[2]) * points[2]
        phase += np.float32(rng.uniform(0, 2 * np.pi))
        total += np.cos(phase, out=phase)
    return total * np.float32(np.sqrt(2 / num_waves))


def _spline_rows(count: int, step: float, shift: float) -> Array:
    """Cubic B-spline weights of `count` voxels `step` knots apart, each row of unit length."""
    position = shift + step * np.arange(count)
    num_knots = int(np.floor(position[-1])) + 4
    distance = np.abs(position[:, None] - (np.arange(num_knots)[None, :] - 1.0))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    rows = np.where(distance < 1, near, far)
    unit: Array = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
