import numpy as np
import pytest
import torch
from drawn import part_that
from hypothesis import given, settings
from hypothesis import strategies as st
from volumes import components, has_several_depths, masks

from trainables.components import component_depth
from trainables.distance import signed_distance
from trainables.errors import ParameterError

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)
SPACINGS = st.sampled_from([(1.0, 1.0, 1.0), (0.5, 1.0, 2.0), (1.0, 0.7, 0.7)])


def by_brute_force(mask, phi, spacing):
    """The smallest depth among the components nearest to each voxel, from all pairs of voxels."""
    labels = components(mask)
    numbers = range(1, labels.max() + 1)
    places = np.stack(np.indices(mask.shape), axis=-1) * np.asarray(spacing)
    away = [
        np.min([np.linalg.norm(places - place, axis=-1) for place in places[labels == k]], axis=0)
        for k in numbers
    ]
    depths = np.array([phi[labels == k].max() for k in numbers])
    tied = np.stack(away) <= np.min(away, axis=0) + 1e-6
    return np.where(tied, depths.reshape(-1, *(1,) * mask.ndim), np.inf).min(axis=0)


def test_many_masks_have_lesions_of_different_depth():
    assert part_that(has_several_depths, masks()) >= 0.3


@CLAIM
@given(mask=masks().filter(np.any), spacing=SPACINGS)
def test_it_is_the_depth_of_the_own_or_the_nearest_component(mask, spacing):
    spacing = spacing[: mask.ndim]
    regions = torch.from_numpy(mask)[None]
    phi = signed_distance(regions, spacing, limit_mm=30.0)
    found = component_depth(regions, phi, spacing, limit_mm=30.0)[0].numpy()
    expected = by_brute_force(mask, phi[0].numpy(), spacing)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@CLAIM
@given(mask=masks(), spacing=SPACINGS)
def test_within_the_limit_a_smaller_limit_changes_no_depth_but_clips_it(mask, spacing):
    spacing = spacing[: mask.ndim]
    regions = torch.from_numpy(mask)[None]
    near, far = (signed_distance(regions, spacing, limit) for limit in (2.0, 30.0))
    found = component_depth(regions, near, spacing, limit_mm=2.0)
    expected = component_depth(regions, far, spacing, limit_mm=30.0).clamp(max=2.0)
    within = near.abs() < 2.0
    assert torch.equal(found[within], expected[within])


def test_voxels_that_touch_at_a_corner_are_one_component():
    mask = torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[0, 0, 0] = mask[0, 1:, 1:] = True
    depth = component_depth(mask, signed_distance(mask, [1.0, 1.0]), [1.0, 1.0])
    assert depth.unique().tolist() == [2.5]


def test_regions_are_independent_and_an_empty_one_has_the_limit():
    mask = torch.zeros(2, 9, dtype=torch.bool)
    mask[1, 2:7] = True
    depth = component_depth(mask, signed_distance(mask, [1.0], 6.0), [1.0], limit_mm=6.0)
    assert depth[0].unique().tolist() == [6.0]
    assert depth[1].unique().tolist() == [2.5]


def test_between_two_equally_near_lesions_the_shallower_counts():
    mask = torch.tensor([[True, True, True, False, False, False, True, False]])
    phi = signed_distance(mask, [1.0])
    assert component_depth(mask, phi, [1.0])[0, 4] == 0.5
    assert component_depth(mask.flip(1), phi.flip(1), [1.0])[0, 3] == 0.5


def test_shapes_that_differ_are_refused_with_both():
    mask = torch.zeros(1, 3, 3, dtype=torch.bool)
    with pytest.raises(ParameterError, match=r"\(1, 3, 3\), \(1, 3, 4\)"):
        component_depth(mask, torch.zeros(1, 3, 4), [1.0, 1.0])
    with pytest.raises(ParameterError, match="`limit_mm = -1"):
        component_depth(mask, torch.zeros(1, 3, 3), [1.0, 1.0], limit_mm=-1.0)


def test_depths_of_double_distances_are_those_distances():
    mask = torch.tensor([[True, False, False, False, True, True, True]])
    phi = signed_distance(mask, [1.1]).double() * (1 + 1e-9)
    depth = component_depth(mask, phi, [1.1])
    assert depth.dtype == torch.float64
    assert depth[0, 0] == phi[0, 0]
    assert depth[0, -1] == phi[0].max()


def test_no_depth_is_above_the_limit():
    mask = torch.tensor([[False, True, True, True]])
    depth = component_depth(mask, torch.tensor([[-0.5, 0.5, 20.0, 50.0]]), [1.0], limit_mm=8.0)
    assert depth.max() == 8
