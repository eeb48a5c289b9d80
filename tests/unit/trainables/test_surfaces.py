"""Surface distances against brute force over all pairs of voxels, and against MONAI."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainables.surfaces import bounding_box, surface_distances, surface_points

SPACINGS = st.tuples(*[st.sampled_from([0.5, 1.0, 1.7, 3.0])] * 3)
MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6))
SOLID = {"min_dims": 3, "max_dims": 3, "min_side": 2, "max_side": 6}


@given(MASKS, SPACINGS)
def test_surface_is_every_voxel_with_a_face_neighbour_outside(mask, spacing_mm):
    found = {tuple(point) for point in surface_points(mask, spacing_mm)}
    assert found == {tuple(np.multiply(voxel, spacing_mm)) for voxel in brute_surface(mask)}


@settings(deadline=None)
@given(st.data(), SPACINGS)
def test_distances_equal_brute_force_over_all_pairs(data, spacing_mm):
    shape = data.draw(hnp.array_shapes(**SOLID))
    a, b = (data.draw(hnp.arrays(bool, shape).filter(np.any)) for _ in range(2))
    distances = surface_distances(a, b, spacing_mm)
    np.testing.assert_allclose(np.sort(distances.from_prediction), brute(a, b, spacing_mm))
    np.testing.assert_allclose(np.sort(distances.from_reference), brute(b, a, spacing_mm))


def test_surface_dice_and_hd95_equal_monai_with_anisotropic_spacing():
    metrics, torch = pytest.importorskip("monai.metrics"), pytest.importorskip("torch")
    a, b = blob((9, 8, 10), 5), blob((11, 10, 9), 6)
    spacing_mm = (1.0, 2.0, 1.5)
    tensors = [torch.from_numpy(mask)[None, None] for mask in (a, b)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # MONAI warns of its own argument
        dice = metrics.compute_surface_dice(*tensors, [1.0], True, spacing=spacing_mm)
        hd95 = metrics.compute_hausdorff_distance(*tensors, True, percentile=95, spacing=spacing_mm)
    distances = surface_distances(a, b, spacing_mm)
    assert distances.dice(1.0) == pytest.approx(dice.item(), abs=1e-6)
    assert distances.hd95() == pytest.approx(hd95.item(), abs=1e-5)


def test_surface_dice_forgives_the_rounding_of_a_voxel_size_read_from_a_file():
    a, b = np.zeros((2, 6, 4, 4), dtype=bool)
    a[1, 1, 1] = b[2, 1, 1] = True
    assert surface_distances(a, b, (1.0000002, 1.0, 1.0)).dice(1.0) == 1.0


def test_an_empty_mask_has_no_surface_distance():
    empty, one = np.zeros((3, 3, 3), dtype=bool), np.ones((3, 3, 3), dtype=bool)
    with pytest.raises(ValueError, match="empty"):
        surface_distances(empty, one, (1.0, 1.0, 1.0))


@given(MASKS, st.integers(0, 3))
def test_bounding_box_holds_the_whole_mask_and_stays_in_the_volume(mask, margin):
    box = bounding_box(mask, margin)
    assert mask[box].sum() == mask.sum()
    assert all(0 <= part.start <= part.stop <= n for part, n in zip(box, mask.shape, strict=True))


def brute_surface(mask):
    padded = np.pad(mask, 1)
    steps = [step for axis in range(3) for step in (np.eye(3, dtype=int)[axis],)]
    for voxel in np.argwhere(mask):
        neighbours = [voxel + 1 + sign * step for step, sign in itertools.product(steps, (-1, 1))]
        if not all(padded[tuple(neighbour)] for neighbour in neighbours):
            yield voxel


def brute(a, b, spacing_mm):
    pairs = [
        min(np.linalg.norm((x - y) * spacing_mm) for y in brute_surface(b))
        for x in brute_surface(a)
    ]
    return np.sort(pairs)


def blob(centre, radius):
    grid = np.indices((20, 19, 21)) - np.reshape(centre, (3, 1, 1, 1))
    return (grid**2).sum(0) < radius**2
