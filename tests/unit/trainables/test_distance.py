import nibabel as nib
import numpy as np
import pytest
import torch
from drawn import part_that
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from volumes import masks

from trainables import boxes
from trainables.distance import signed_distance, squared_distance
from trainables.errors import ParameterError

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)
SPACING = st.sampled_from([0.3, 0.5, 0.7, 1.0, 1.25, 2.0, 3.0])
MASKS = masks(dims=(1, 2, 2, 3, 3))
SCATTERED = masks(dims=(1, 2, 3), sides=range(4, 25), kinds=("blobs", "blobs", "few", "odd"))


def has_both_sides(mask):
    return mask.size >= 20 and 0.1 <= mask.mean() <= 0.9


def is_cut(mask):
    return len(list(boxes.boxes_of_parts(torch.from_numpy(mask), [1.0] * mask.ndim, 2.0))) > 1


def test_many_masks_have_two_sides_and_many_large_ones_several_parts(monkeypatch):
    assert part_that(has_both_sides, MASKS) >= 0.3
    monkeypatch.setattr(boxes, "WORTH_CUTTING", 0)
    assert part_that(is_cut, SCATTERED) >= 0.3


def by_scipy(mask, spacing, limit_mm):
    half = min(spacing) / 2
    if not mask.any() or mask.all():
        return np.full(mask.shape, limit_mm if mask.any() else -limit_mm)
    inside = ndimage.distance_transform_edt(mask, sampling=spacing) - half
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing) - half
    return np.where(mask, inside, -outside).clip(-limit_mm, limit_mm)


@CLAIM
@given(mask=MASKS, spacing=st.lists(SPACING, min_size=3, max_size=3), limit=st.floats(1, 12))
def test_it_equals_scipys_transform_with_sampling_up_to_the_limit(mask, spacing, limit):
    spacing = spacing[: mask.ndim]
    found = signed_distance(torch.from_numpy(mask), spacing, limit).numpy()
    np.testing.assert_allclose(found, by_scipy(mask, spacing, limit), atol=1e-5, rtol=0)


@CLAIM
@given(
    mask=SCATTERED,
    spacing=st.lists(SPACING, min_size=3, max_size=3),
    limit=st.floats(0.5, 6),
)
def test_it_equals_scipys_transform_where_lesions_are_worked_on_apart(mask, spacing, limit):
    spacing = spacing[: mask.ndim]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boxes, "WORTH_CUTTING", 0)
        found = signed_distance(torch.from_numpy(mask), spacing, limit).numpy()
    np.testing.assert_allclose(found, by_scipy(mask, spacing, limit), atol=1e-5, rtol=0)


@pytest.mark.data
@pytest.mark.parametrize("patient", ["patient07", "patient26"])
def test_it_equals_scipys_transform_on_many_real_lesions(shared_data, patient):
    mask = nib.load(shared_data / "ms" / patient / "consensus_seg.nii.gz").get_fdata() > 0.5
    places = np.argwhere(mask)
    mask = mask[tuple(slice(a, b + 1) for a, b in zip(places.min(0), places.max(0), strict=True))]
    found = signed_distance(torch.from_numpy(mask), [1.0, 1.0, 3.0]).numpy()
    np.testing.assert_allclose(found, by_scipy(mask, [1.0, 1.0, 3.0], 8.0), atol=1e-4, rtol=0)


def test_it_equals_scipys_transform_far_from_a_lesion_in_a_large_volume():
    mask = np.zeros((60, 50, 20), dtype=bool)
    mask[20:24, 30:33, 5:9] = True
    mask[40, 10, 15] = True
    found = signed_distance(torch.from_numpy(mask), [1.0, 1.0, 3.0]).numpy()
    np.testing.assert_allclose(found, by_scipy(mask, [1.0, 1.0, 3.0], 8.0), atol=1e-5, rtol=0)


@CLAIM
@given(mask=MASKS, spacing=st.lists(SPACING, min_size=3, max_size=3))
def test_it_is_positive_on_the_mask_alone_and_half_a_voxel_from_zero(mask, spacing):
    phi = signed_distance(torch.from_numpy(mask), spacing[: mask.ndim])
    assert np.array_equal((phi > 0).numpy(), mask)
    assert phi.abs().min() >= torch.tensor(min(spacing[: mask.ndim]) / 2)


@CLAIM
@given(mask=MASKS, spacing=st.lists(SPACING, min_size=3, max_size=3))
def test_the_complement_of_a_region_has_the_opposite_distance(mask, spacing):
    mask, spacing = torch.from_numpy(mask), spacing[: mask.ndim]
    assert torch.equal(signed_distance(~mask, spacing), -signed_distance(mask, spacing))


def test_leading_axes_are_independent_regions():
    masks = torch.rand(2, 3, 7, 6, 5, generator=torch.Generator().manual_seed(0)) > 0.7
    together = signed_distance(masks, [1.0, 1.0, 2.0])
    apart = [signed_distance(mask, [1.0, 1.0, 2.0]) for mask in masks.reshape(6, 7, 6, 5)]
    assert torch.equal(together, torch.stack(apart).view_as(together))


@pytest.mark.parametrize(("fill", "expected"), [(False, -5.0), (True, 5.0)])
def test_an_empty_region_is_far_outside_and_a_full_one_far_inside(fill, expected):
    phi = signed_distance(torch.full((3, 4, 5), fill), [1.0, 1.0, 1.0], limit_mm=5.0)
    assert torch.equal(phi, torch.full((3, 4, 5), expected))


@pytest.mark.parametrize("place", [(2, 2, 2), (0, 0, 0), (4, 3, 2), (0, 2, 1)])
def test_one_voxel_is_half_a_voxel_deep_and_seen_from_all_around(place):
    mask = np.zeros((5, 4, 3), dtype=bool)
    mask[place] = True
    phi = signed_distance(torch.from_numpy(mask), [1.0, 0.7, 2.5]).numpy()
    away = (np.indices(mask.shape).T - place) * [1.0, 0.7, 2.5]
    expected = 0.35 - np.linalg.norm(away, axis=-1).T
    expected[place] = 0.35
    np.testing.assert_allclose(phi, expected, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", [slice(0, 2), slice(-2, None)])
def test_a_region_that_touches_the_border_equals_scipys_transform(axis, side):
    mask = np.zeros((6, 7, 5), dtype=bool)
    mask[tuple(side if a == axis else slice(None) for a in range(3))] = True
    found = signed_distance(torch.from_numpy(mask), [1.0, 0.5, 2.0]).numpy()
    np.testing.assert_allclose(found, by_scipy(mask, [1.0, 0.5, 2.0], 8.0), atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 4, 5), (2, 0, 5)])
def test_no_voxels_have_no_distances(shape):
    assert signed_distance(torch.zeros(shape, dtype=torch.bool), [1.0, 1.0]).shape == shape


def test_an_interval_has_distances_to_its_ends():
    phi = signed_distance(torch.arange(9).sub(4).abs() <= 2, [0.5])
    assert phi.tolist() == [-0.75, -0.25, 0.25, 0.75, 1.25, 0.75, 0.25, -0.25, -0.75]


@CLAIM
@given(mask=MASKS, spacing=st.lists(SPACING, min_size=3, max_size=3), seed=st.integers(0, 99))
def test_flips_and_turns_of_the_volume_turn_the_distances(mask, spacing, seed):
    rng = np.random.default_rng(seed)
    mask, spacing = torch.from_numpy(mask), spacing[: mask.ndim]
    order = rng.permutation(mask.ndim).tolist()
    flips = rng.permutation(mask.ndim)[: rng.integers(mask.ndim + 1)].tolist()
    found = signed_distance(mask.permute(order).flip(flips), [spacing[a] for a in order])
    expected = signed_distance(mask, spacing).permute(order).flip(flips)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_distances_lie_on_the_device_of_the_mask_and_are_the_same(cuda):
    generator = torch.Generator().manual_seed(0)
    mask = torch.rand(3, 40, 30, 20, generator=generator) > torch.tensor([0.5, 0.9, 0.999]).view(
        3, 1, 1, 1
    )
    found = signed_distance(mask.to(cuda), [1.0, 0.7, 3.0])
    assert found.device.type == cuda
    torch.testing.assert_close(found.cpu(), signed_distance(mask, [1.0, 0.7, 3.0]))


def test_the_edge_of_the_volume_is_no_interface():
    phi = signed_distance(torch.tensor([True, True, True, False]), [2.0])
    assert phi.tolist() == [5.0, 3.0, 1.0, -1.0]


def test_a_transposed_mask_is_as_good_as_a_contiguous_one():
    mask = torch.rand(8, 5, generator=torch.Generator().manual_seed(1)) > 0.5
    expected = signed_distance(mask.T.contiguous(), [1.0, 2.0])
    assert torch.equal(signed_distance(mask.T, [1.0, 2.0]), expected)


def test_a_squared_distance_beyond_the_reach_is_the_reach():
    squares = squared_distance(torch.tensor([True, False, False, False]), [1.0], reach_mm=2.5)
    assert squares.tolist() == [0.0, 1.0, 4.0, 6.25]


@pytest.mark.parametrize("spacing", [[0.0, 1.0], [-1.0, 1.0], [float("nan"), 1.0], []])
def test_a_spacing_that_is_no_length_is_refused_by_name(spacing):
    with pytest.raises(ParameterError, match="`spacing_mm` should"):
        signed_distance(torch.zeros(3, 3, dtype=torch.bool), spacing)


def test_more_spacings_than_axes_and_a_limit_of_zero_are_refused():
    mask = torch.zeros(3, 3, dtype=torch.bool)
    with pytest.raises(ParameterError, match="1 to 2 numbers"):
        signed_distance(mask, [1.0, 1.0, 1.0])
    with pytest.raises(ParameterError, match="`limit_mm = 0`"):
        signed_distance(mask, [1.0, 1.0], limit_mm=0)


@pytest.mark.parametrize("reach", [0.0, -1.0, float("nan"), float("inf")])
def test_a_reach_that_is_no_length_is_refused_by_name(reach):
    with pytest.raises(ParameterError, match=rf"`reach_mm` should .* Found `reach_mm = {reach}`"):
        squared_distance(torch.ones(3, dtype=torch.bool), [1.0], reach)


def test_without_a_target_every_squared_distance_is_the_reach():
    assert squared_distance(torch.zeros(3, dtype=torch.bool), [0.5], 2.0).tolist() == [4.0] * 3
