"""What bending promises: the geometry of scipy, labels and distances that agree, lesions kept."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from trainables.compact import to_mm
from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.augmentation.elastic import Elastic
from trainables.data.augmentation.warp import Warp, bend, draw_warp
from trainables.data.distances import compact_distances
from trainables.data.place import read_box
from trainables.distance import signed_distance

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
SPACING_MM = (1.0, 0.8, 2.0)
ALL = {"affine": 1, "elastic": 1, "axis_scaling": 1.2, "shear": 0.1}


def draw(seed=0, **settings):
    return draw_warp(AugmentationConfig(**settings), torch.Generator().manual_seed(seed))


def bent(warp, image, label, size, spacing_mm):
    """A patch of `size` out of the middle of a case whose edges differ from it evenly."""
    phi, depth = compact_distances(label, spacing_mm)
    margin = warp.margin(size, spacing_mm)
    corner = tuple((n - k) // 2 - m for n, k, m in zip(image.shape[1:], size, margin, strict=True))
    source = tuple(k + 2 * m for k, m in zip(size, margin, strict=True))
    parts = ((image, 0), (phi, -127), (depth, 127))
    boxes = (read_box(tensor, corner, source, beyond) for tensor, beyond in parts)
    return bend(*boxes, warp, size, spacing_mm)


def noise(shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(1, *shape)))


def blobs(shape, seed=0):
    """Nested regions of a few voxels to a few hundred."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2)
    return torch.from_numpy(np.stack([smooth > np.quantile(smooth, q) for q in (0.8, 0.93)]))


def balls(shape, spacing_mm, radii, seed):
    """A region of balls, all well inside."""
    rng, label = np.random.default_rng(seed), np.zeros(shape, dtype=bool)
    grid = (np.indices(shape).T * spacing_mm).T
    for radius in radii:
        low = radius + 8.0
        centre = [rng.uniform(low, n * s - low) for n, s in zip(shape, spacing_mm, strict=True)]
        label |= radius > np.linalg.norm(grid.T - centre, axis=-1).T
    return torch.from_numpy(label[None])


def test_nothing_at_all_changes_nothing():
    image, label = noise((12, 10, 8)), blobs((12, 10, 8))
    found = bent(Warp(IDENTITY), image, label, (12, 10, 8), SPACING_MM)
    for one, wanted in zip(
        found, (image, label, *compact_distances(label, SPACING_MM)), strict=True
    ):
        torch.testing.assert_close(one, wanted)


def test_a_rotation_by_90_degrees_is_a_quarter_turn():
    image, label, size = noise((14, 14, 9)), blobs((14, 14, 9)), (14, 14, 9)
    warp = Warp(((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    found = bent(warp, image, label, size, (0.8, 0.8, 2.0))
    wanted = (image, label, *compact_distances(label, (0.8, 0.8, 2.0)))
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, torch.rot90(other, 1, (1, 2)))


@pytest.mark.parametrize("seed", range(3))
def test_voxels_come_from_where_scipy_takes_them(seed):
    """Rotated, scaled, sheared and shifted, in mm, on an anisotropic grid.

    Scipy is given the whole case: so enough of it was cut for the patch's corners.
    """
    strong = {"rotation_degrees": 60, "scaling": 2, "elastic_spacing_mm": 6}
    warp = draw(seed, **ALL, **strong, elastic_shift_mm=2)
    image, size = noise((30, 36, 20), seed), (12, 14, 10)
    found = bent(warp, image, blobs((30, 36, 20)), size, SPACING_MM)[0][0]
    places = (np.indices(size).T - (np.array(size) - 1) / 2) * SPACING_MM  # Z, Y, X, 3
    moved = places @ np.array(warp.matrix).T
    axes = [
        torch.tensor((np.arange(n) - (n - 1) / 2) * s)
        for n, s in zip(size, SPACING_MM, strict=True)
    ]
    moved += warp.elastic.shifts(axes).numpy().T
    voxels = moved / SPACING_MM + (np.array(image.shape[1:]) - 1) / 2
    wanted = ndimage.map_coordinates(image[0].numpy(), voxels.T, order=1, mode="grid-constant")
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.5, 0.9, 4.0)])
def test_labels_distances_and_depths_agree_and_regions_stay_nested(seed, spacing_mm):
    shape, size = (28, 26, 24), (20, 18, 16)
    warp = draw(seed, **ALL, elastic_spacing_mm=8, elastic_shift_mm=2)
    _, label, phi, depth = bent(warp, noise(shape), blobs(shape, seed), size, spacing_mm)
    assert torch.equal(phi > 0, label)
    assert (phi.abs() >= math.floor(min(spacing_mm) / 2 * 16)).all()
    assert (depth[label] >= phi[label]).all()
    assert (label[1] <= label[0]).all()
    assert (phi[1] <= phi[0]).all()
    assert label[1].any()


@pytest.mark.parametrize("size", [0.6, 1.0, 1.7])
def test_distances_grow_with_what_they_measure(size):
    """A half space, rotated and scaled: every distance in closed form."""
    warp = draw(3, affine=1, scaling=1)
    matrix = np.array(warp.matrix) / size
    warp = Warp(tuple(map(tuple, matrix.tolist())))
    label = torch.zeros(1, 40, 40, 40, dtype=torch.bool)
    label[:, :20] = True
    _, _, phi, _ = bent(warp, label.float(), label, (16, 16, 16), (1.0, 1.0, 1.0))
    places = (np.indices((16, 16, 16)).T - 7.5) @ matrix.T
    wanted = torch.from_numpy(np.ascontiguousarray(-places[..., 0].T * size))[None]
    near = (wanted.abs() < 4) & (wanted.abs() > 1)
    assert (to_mm(phi) - wanted)[near].abs().max() < 0.1


def test_the_farthest_distances_stay_the_farthest_and_depths_far_away_too():
    warp = Warp(tuple(tuple(1.6 * a for a in row) for row in IDENTITY))
    empty = torch.zeros(1, 20, 20, 20, dtype=torch.bool)
    _, label, phi, depth = bent(warp, empty.float(), empty, (10, 10, 10), (1.0, 1.0, 1.0))
    assert not label.any()
    assert set(phi.unique().tolist()) == {-127}
    assert set(depth.unique().tolist()) == {127}


@pytest.mark.parametrize(
    ("spacing_mm", "radii", "most"),
    [((1.0, 1.0, 1.0), (7, 6), 0.2), ((1.0, 1.0, 1.0), (2,) * 9, 0.25), ((1, 1, 3), (6, 5), 0.35)],
)
@pytest.mark.parametrize("settings", [{"affine": 1}, {"elastic": 1}], ids=str)
def test_distances_are_those_of_the_bent_label_but_for_a_part_of_a_voxel(
    spacing_mm, radii, most, settings
):
    """The mean error, mm, within 2 mm of an interface and 4 mm or more inside the patch."""
    shape, size = ([round(edge / step) for step in spacing_mm] for edge in (56, 36))
    errors = []
    for seed in range(4):
        label = balls(shape, spacing_mm, radii, seed)
        _, found, phi, _ = bent(
            draw(seed, **settings), label.float(), label, tuple(size), spacing_mm
        )
        wanted = signed_distance(found, spacing_mm)
        inner = tuple(slice(round(4 / step), -round(4 / step)) for step in spacing_mm)
        error, near = ((t[0][inner]) for t in (to_mm(phi) - wanted, wanted.abs() <= 2))
        errors.append(error[near].abs())
    assert len(torch.cat(errors)) > 500
    assert torch.cat(errors).mean() < most


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (1.0, 1.0, 3.0)])
def test_lesions_of_single_voxels_keep_their_number_on_average(spacing_mm):
    """An interpolated mask that is cut at its middle would lose three of four."""
    label = torch.zeros(1, 60, 60, 60, dtype=torch.bool)
    label[:, 2::5, 2::5, 2::5] = True
    phi = torch.where(label, 8, -8).to(torch.int8)
    counts, size = [], (20, 20, 20)
    for seed in range(8):
        warp = draw(seed, affine=1, scaling=1, rotation_degrees=30)
        margin = warp.margin(size, spacing_mm)
        source = [slice(20 - m, 40 + m) for m in margin]
        boxes = (tensor[(slice(None), *source)] for tensor in (label.float(), phi, phi.abs()))
        _, found, steps, depth = bend(*boxes, warp, size, spacing_mm)
        counts.append(int(found.sum()))
        assert torch.equal(steps > 0, found)
        assert (depth[found] == 8).all()
    assert np.mean(counts) == pytest.approx(20**3 / 5**3, rel=0.15)


def test_control_points_bound_the_shift_and_fold_no_space():
    axes = [torch.linspace(-20, 20, n, dtype=torch.float64) for n in (41, 31, 21)]
    for seed in range(5):
        elastic = Elastic(seed, spacing_mm=8.0, shift_mm=3.2)
        shifts, slopes = elastic.shifts(axes), elastic.slopes(axes)
        assert 1 < shifts.abs().max() <= 3.2
        volumes = torch.linalg.det((slopes.movedim((0, 1), (-2, -1))) + torch.eye(3))
        assert volumes.min() > 0
        for axis, places in enumerate(axes, start=1):
            step = float(places[1] - places[0])
            (change,) = torch.gradient(shifts, spacing=step, dim=axis)
            inner = tuple(slice(1, -1) for _ in range(3))
            error = (change - slopes[:, axis - 1])[(slice(None), *inner)]
            assert error.abs().max() < 0.05
    with pytest.raises(ValueError, match=r"elastic_shift_mm` should be at most 0\.4 x .* = 3\.2"):
        AugmentationConfig(elastic_spacing_mm=8, elastic_shift_mm=3.3)


def test_rotations_and_sizes_are_drawn_in_their_ranges():
    warps = [draw(seed, affine=1, rotation_degrees=0, scaling=1.5) for seed in range(300)]
    sizes = np.log([1 / warp.matrix[0][0] for warp in warps]) / math.log(1.5)
    assert all(
        abs(w.matrix[a][b]) < 1e-9 for w in warps for a, b in itertools.permutations(range(3), 2)
    )
    assert np.abs(sizes).max() <= 1
    assert abs(sizes.mean()) < 0.1
    assert sizes.std() == pytest.approx(3**-0.5, rel=0.1)
    rigid = np.array([draw(seed, affine=1, scaling=1).matrix for seed in range(50)])
    np.testing.assert_allclose(
        rigid @ rigid.transpose(0, 2, 1), np.eye(3)[None].repeat(50, 0), atol=1e-12
    )
    turned = np.degrees(np.arccos((np.trace(rigid, axis1=1, axis2=2) - 1) / 2))
    assert 15 < turned.max() <= 3**0.5 * 20 + 1e-6


def test_a_warp_is_drawn_as_often_as_asked():
    drawn = [draw(seed, affine=0.3, elastic=0.5) for seed in range(400)]
    is_affine = [warp is not None and warp.matrix != IDENTITY for warp in drawn]
    is_elastic = [warp is not None and warp.elastic is not None for warp in drawn]
    assert sum(is_affine) == pytest.approx(120, abs=35)
    assert sum(is_elastic) == pytest.approx(200, abs=35)
    assert draw(0) is None
