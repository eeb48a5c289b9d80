"""Grids that scanners and tools write: 48 orientations, oblique, anisotropic, off the origin."""

from itertools import permutations, product

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

ORIENTATIONS = [
    np.eye(3)[list(axes)] * signs
    for axes in permutations(range(3))
    for signs in product((1, -1), repeat=3)
]
"""Every matrix that turns and mirrors the axes of a grid onto those of the scanner."""


def affine_of(orientation, spacing_mm=(1, 1, 1), origin_mm=(0, 0, 0), degrees=(0, 0, 0)):
    """A 4 x 4 affine: `orientation`, then turned by Euler angles, below 45 degrees in total."""
    turn = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = turn @ orientation @ np.diag(spacing_mm)
    affine[:3, 3] = origin_mm
    return affine


def three(low, high):
    return st.tuples(*[st.floats(low, high)] * 3)


AFFINES = st.builds(
    affine_of, st.sampled_from(ORIENTATIONS), three(0.5, 6), three(-200, 200), three(-12, 12)
)
SHAPES = st.tuples(*[st.integers(1, 9)] * 3)


def spacing_of(affine):
    return tuple(float(step) for step in np.linalg.norm(affine[:3, :3], axis=0))


def world(affine, shape):
    """The scanner's coordinates of each voxel, X x Y x Z x 3, mm."""
    places = np.stack(np.indices(shape), -1)
    return places @ affine[:3, :3].T + affine[:3, 3]
