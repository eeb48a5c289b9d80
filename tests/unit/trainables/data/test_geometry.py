"""What the working grid promises: voxels stay where they are in the scanner, and come back."""

from itertools import pairwise

import nibabel as nib
import numpy as np
import pytest
import torch
from drawn import RNGS
from grids import AFFINES, ORIENTATIONS, SHAPES, affine_of, spacing_of, three, world
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.data.cases import Volume
from trainables.data.geometry import to_original_grid, to_working_grid
from trainables.errors import DataError, ParameterError


def volume_of(image, affine, label=None):
    return Volume(
        "Case", torch.from_numpy(np.ascontiguousarray(image)), label, spacing_of(affine), affine
    )


def gaussian(affine, shape, width_mm):
    """A blob at the middle of the grid."""
    place = world(affine, shape)
    away = place - place.mean((0, 1, 2))
    return np.exp(-(away**2).sum(-1) / (2 * width_mm**2)).astype(np.float32)


@settings(deadline=None)
@given(AFFINES, SHAPES, RNGS)
def test_without_a_spacing_it_is_nibabels_closest_canonical_grid_and_back_bit_for_bit(
    affine, shape, rng
):
    image = rng.standard_normal((2, *shape), dtype=np.float32)
    label = torch.from_numpy(rng.random((1, *shape)) < 0.5)
    working, placement = to_working_grid(volume_of(image, affine, label))
    wanted = nib.as_closest_canonical(nib.Nifti1Image(image[1], affine))
    np.testing.assert_array_equal(working.image[1].numpy(), wanted.get_fdata(dtype=np.float32))
    np.testing.assert_allclose(working.affine, wanted.affine, atol=1e-9)
    np.testing.assert_allclose(working.spacing_mm, spacing_of(wanted.affine))
    assert nib.aff2axcodes(working.affine) == ("R", "A", "S")
    assert torch.equal(to_original_grid(working.image, placement), torch.from_numpy(image))
    assert torch.equal(to_original_grid(working.label, placement), label)


@settings(deadline=None, max_examples=25)
@given(AFFINES, three(0.5, 5), three(-3, 3))
def test_a_linear_function_of_scanner_coordinates_stays_itself_on_the_working_grid(
    affine, spacing_mm, slope
):
    shape = (14, 12, 13)
    image = (world(affine, shape) @ slope)[None].astype(np.float64)
    image += 10 - image.min()  # above 0 everywhere: all of it is foreground
    working, placement = to_working_grid(volume_of(image, affine), spacing_mm)
    assert nib.aff2axcodes(working.affine) == ("R", "A", "S")
    np.testing.assert_allclose(spacing_of(working.affine), spacing_mm, rtol=2e-4)
    np.testing.assert_allclose(working.spacing_mm, spacing_of(working.affine))
    there = world(working.affine, placement.working_shape)
    here = np.linalg.inv(affine)
    place = there @ here[:3, :3].T + here[:3, 3]  # in original voxels
    reach = (np.maximum(np.array(placement.steps) - 1, 0) / 2)[np.argsort(placement.axes)]
    inner = ((place >= reach) & (place <= np.array(shape) - 1 - reach)).all(-1)
    origin = 10 - (world(affine, shape) @ slope).min()
    wanted = (there @ slope + origin)[inner]
    np.testing.assert_allclose(working.image[0].numpy()[inner], wanted, rtol=1e-4, atol=1e-3)


@settings(deadline=None, max_examples=25)
@given(AFFINES, SHAPES, three(0.5, 6))
def test_a_probability_comes_back_on_the_original_grid_within_the_bound(affine, shape, spacing_mm):
    h = max(*spacing_of(affine), *spacing_mm)
    width_mm = 4 * h
    blob = gaussian(affine, shape, width_mm)
    _, placement = to_working_grid(volume_of(np.ones((1, *shape), np.float32), affine), spacing_mm)
    working, _ = to_working_grid(volume_of(1 + blob[None], affine), spacing_mm)
    back = to_original_grid(working.image, placement)
    assert back.shape == (1, *shape)
    np.testing.assert_allclose(back[0].numpy() - 1, blob, atol=(h / width_mm) ** 2)
    assert float(back.min()) >= 1 - 1e-5
    assert float(back.max()) <= 2 + 1e-5


@given(AFFINES, SHAPES, RNGS)
@settings(deadline=None, max_examples=30)
def test_the_spacing_it_has_already_changes_nothing(affine, shape, rng):
    volume = volume_of(rng.standard_normal((1, *shape), dtype=np.float32), affine)
    as_is, _ = to_working_grid(volume)
    same, placement = to_working_grid(volume, as_is.spacing_mm)
    assert torch.equal(same.image, as_is.image)
    assert placement.steps == (1, 1, 1)
    assert torch.equal(to_original_grid(same.image, placement), volume.image)


@pytest.mark.parametrize("spacing_mm", [None, (2.0, 1.5, 0.7)])
def test_in_every_orientation_a_scan_becomes_one_and_the_same_working_volume(spacing_mm):
    """The same head, stored 48 ways, is one input of the network."""
    rng = np.random.default_rng(0)
    head = rng.uniform(1, 2, (9, 8, 7)).astype(np.float32)
    upright = nib.Nifti1Image(head, affine_of(np.eye(3), (1, 1.5, 2)))
    codes = [nib.io_orientation(affine_of(o)) for o in ORIENTATIONS]
    stored = [upright.as_reoriented(code) for code in codes]
    found = [
        to_working_grid(volume_of(i.get_fdata(dtype=np.float32)[None], i.affine), spacing_mm)[0]
        for i in stored
    ]
    assert len({nib.aff2axcodes(i.affine) for i in stored}) == 48
    for one, other in pairwise(found):
        torch.testing.assert_close(one.image, other.image)
        np.testing.assert_allclose(one.affine, other.affine, atol=1e-9)


def test_a_lone_voxel_fades_on_a_grid_of_half_its_spacing():
    volume = volume_of(np.ones((1, 12, 12, 12), np.float32), np.eye(4))
    working, placement = to_working_grid(volume, (2, 2, 2))
    lone = torch.zeros_like(working.image)
    lone[0, 3, 3, 3] = 1
    assert float(to_original_grid(lone, placement).max()) == pytest.approx(0.75**3)


@given(st.integers(0, 2), three(0.4, 7))
@settings(deadline=None, max_examples=30)
def test_a_slice_of_one_voxel_goes_there_and_back(axis, spacing_mm):
    shape = [6, 6, 6]
    shape[axis] = 1
    image = np.full((1, *shape), 3.0, np.float32)
    working, placement = to_working_grid(volume_of(image, np.diag([1, 2, 3, 1.0])), spacing_mm)
    torch.testing.assert_close(working.image, torch.full(working.image.shape, 3.0))
    torch.testing.assert_close(to_original_grid(working.image, placement), torch.from_numpy(image))


def test_an_affine_that_loses_an_axis_is_refused_by_the_name_of_the_case():
    flat = Volume("Case", torch.ones(1, 2, 2, 2), None, (1, 1, 1), np.diag([1, 1, 0, 1.0]))
    with pytest.raises(DataError, match=r"affine of case Case should lead every axis"):
        to_working_grid(flat)


@pytest.mark.parametrize("step", [0.0, float("nan"), float("inf")])
def test_a_scan_without_a_spacing_is_refused_by_its_name_where_it_matters(step):
    volume = Volume("Case", torch.ones(1, 2, 2, 2), None, (1, step, 1), np.eye(4))
    assert to_working_grid(volume)[0].image.shape == (1, 2, 2, 2)
    with pytest.raises(DataError, match=r"Case Case should have a voxel spacing above 0"):
        to_working_grid(volume, (1, 1, 1))


@pytest.mark.parametrize("spacing_mm", [(1, 1), (1, 0, 1), (1, -1, 1)])
def test_a_spacing_that_is_none_is_refused(spacing_mm):
    with pytest.raises(ParameterError, match="spacing_mm"):
        to_working_grid(volume_of(np.ones((1, 2, 2, 2), np.float32), np.eye(4)), spacing_mm)


def test_a_probability_of_another_grid_is_refused():
    _, placement = to_working_grid(volume_of(np.ones((1, 2, 3, 4), np.float32), np.eye(4)))
    with pytest.raises(ParameterError, match=r"working grid \(2, 3, 4\). Found \(4, 3, 2\)"):
        to_original_grid(torch.zeros(1, 4, 3, 2), placement)
