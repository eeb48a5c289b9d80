"""What the points of a case promise: the right voxels, few enough, the same each time."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from trainables.data import sampling_points
from trainables.data.distances import compact_distances
from trainables.data.sampling_points import SamplingPoints, find_points
from trainables.errors import DataError, ParameterError

SPACING_MM = (1.0, 1.0, 3.0)


def make_label(seed=0, shape=(24, 22, 16)):
    """Three regions: blobs, the larger of them, and none."""
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, 1.5)
    label = np.stack([smooth > np.quantile(smooth, q) for q in (0.9, 0.96)])
    return torch.from_numpy(np.concatenate([label, np.zeros((1, *shape), dtype=bool)]))


def points_of(label, spacing_mm=SPACING_MM):
    return find_points(label, compact_distances(label, spacing_mm)[0], spacing_mm)


def mask_of(voxels, shape):
    mask = torch.zeros(shape, dtype=torch.bool)
    mask[tuple(voxels.long().T)] = True
    return mask


def same(a, b):
    found, wanted = a.to_tensors(), b.to_tensors()
    return all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_regions_are_all_voxels_of_each_region_and_an_empty_one_has_none():
    label = make_label()
    regions = points_of(label).regions
    assert torch.equal(torch.stack([mask_of(r, label.shape[1:]) for r in regions]), label)
    assert [r.dtype for r in regions] == [torch.int16] * 3
    assert regions[2].shape == (0, 3)


def test_lesions_are_the_connected_components_of_each_region():
    label = make_label()
    label[1, 0, 0, 0] = label[1, 1, 1, 1] = True  # touch at a corner: one lesion
    found = [set(map(tuple, lesion.tolist())) for lesion in points_of(label).lesions]
    wanted = []
    for region in label.numpy():
        numbers, count = ndimage.label(region, structure=np.ones((3, 3, 3)))
        wanted += [set(map(tuple, np.argwhere(numbers == n + 1).tolist())) for n in range(count)]
    assert {(0, 0, 0), (1, 1, 1)} in wanted
    assert len(found) == len(wanted) > 10
    large = sampling_points.MOST_OF_A_LESION
    for some, all_of_it in zip(found, wanted, strict=True):
        assert some <= all_of_it
        assert len(some) == min(large, len(all_of_it))


def test_the_boundary_has_both_sides_of_every_interface_and_nothing_far_from_one():
    label = make_label()
    boundary = mask_of(points_of(label).boundary, label.shape[1:])
    reach_mm = max(SPACING_MM) + min(SPACING_MM) / 2
    near = np.zeros(label.shape[1:], dtype=bool)
    for region in label.numpy()[:2]:
        for axis in range(3):
            differs = np.diff(region, axis=axis)
            for pad in ((0, 1), (1, 0)):
                widths = [pad if a == axis else (0, 0) for a in range(3)]
                assert boundary.numpy()[np.pad(differs, widths)].all()
        outwards, inwards = (
            ndimage.distance_transform_edt(side, sampling=SPACING_MM) for side in (~region, region)
        )
        near |= np.maximum(outwards, inwards) <= reach_mm + 1e-6
    assert (boundary.numpy() == near).all()
    assert 0.1 < near.mean() < 0.9


def test_few_points_are_kept_of_many_always_the_same_and_all_over(monkeypatch):
    monkeypatch.setattr(sampling_points, "MOST_VOXELS", 50)
    monkeypatch.setattr(sampling_points, "MOST_LESIONS", 7)
    label = make_label()
    points = points_of(label)
    assert [len(region) for region in points.regions] == [50, 50, 0]
    assert len(points.boundary) == 50
    assert len(points.lesions) == 7
    voxels = points.regions[0]
    assert label[0][tuple(voxels.long().T)].all()
    assert len(voxels.unique(dim=0)) == 50
    middle = label[0].nonzero().float().mean(dim=0)
    assert (voxels.float().mean(dim=0) - middle).abs().max() < 4
    assert same(points, points_of(label))


def test_points_go_through_plain_tensors_and_back():
    points = points_of(make_label())
    again = SamplingPoints.from_tensors(points.to_tensors())
    assert same(points, again)
    assert [len(lesion) for lesion in again.lesions] == [len(lesion) for lesion in points.lesions]
    assert all(type(tensor) is torch.Tensor for tensor in points.to_tensors().values())


@pytest.mark.parametrize("fill", [False, True])
def test_an_empty_and_a_full_label_have_no_boundary(fill):
    label = torch.full((2, 5, 4, 3), fill)
    points = points_of(label)
    assert [len(region) for region in points.regions] == [60 * fill] * 2
    assert len(points.lesions) == 2 * fill
    assert len(points.boundary) == 0
    assert same(points, SamplingPoints.from_tensors(points.to_tensors()))


def test_what_no_case_can_be_is_refused():
    long = torch.zeros(1, 40000, 1, 1, dtype=torch.bool)
    with pytest.raises(DataError, match=r"at most 32767 voxels. Found \(1, 40000, 1, 1\)"):
        find_points(long, long.to(torch.int8), SPACING_MM)
    with pytest.raises(ParameterError, match="spacing_mm"):
        find_points(long[:, :5], long[:, :5].to(torch.int8), (1.0, 0.0, 1.0))
