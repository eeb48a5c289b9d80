"""What centring promises: the parts asked for, each lesion as likely, nothing that is not there."""

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from trainables.data.distances import compact_distances
from trainables.data.sampling import SamplingConfig, draw_corner
from trainables.data.sampling_points import find_points
from trainables.errors import ParameterError

SHAPE, SPACING_MM = (60, 30, 20), (1.0, 1.0, 2.0)
ONE = (1, 1, 1)


def make_label():
    """Lesions of 8000, 27 and 1 voxels, the last two also of a second region."""
    label = torch.zeros(2, *SHAPE, dtype=torch.bool)
    label[0, 2:22, 2:22, :] = True
    label[:, 40:43, 10:13, 10:13] = label[:, 55, 25, 5] = True
    return label


def points_of(label):
    return find_points(label, compact_distances(label, SPACING_MM)[0], SPACING_MM)


@pytest.fixture(scope="module")
def points():
    return points_of(make_label())


def corners(points, count, size=ONE, seed=0, **settings):
    config = SamplingConfig(**{"foreground": 0, **settings})
    generator = torch.Generator().manual_seed(seed)
    return np.array([draw_corner(points, SHAPE, size, config, generator) for _ in range(count)])


def is_likely(counts, shares):
    """Whether a chance of at least 1 in 1000 gives counts as far from these shares."""
    shares = np.array(shares)
    return stats.chisquare(counts, shares / shares.sum() * np.sum(counts)).pvalue > 1e-3


def test_each_kind_of_centre_is_drawn_as_often_as_asked(points):
    """Seen in patches of one voxel: what is drawn is where the patch lies."""
    label = make_label().numpy()
    settings = {"foreground": 0.2, "boundary": 0.3, "lesion": 0.4}
    drawn = tuple(corners(points, 3000, **settings).T)
    near = np.zeros(SHAPE, dtype=bool)
    near[tuple(points.boundary.long().numpy().T)] = True
    # every voxel falls in one of these sets, in which each kind of centre has a known share
    sets = [label[1], label[0] & ~label[1] & near, label[0] & ~near, ~label[0] & near]
    sets.append(~np.any(sets, axis=0))
    large = points.lesions[0].long().numpy().T
    everywhere = np.ones(SHAPE, dtype=bool)
    expected = []
    for part in sets:
        regions = np.mean([(part & region).sum() / region.sum() for region in label])
        lesions = (part[tuple(large)].mean() + 4 * part[40:43, 10:13, 10:13].all()) / 5
        expected.append(
            0.2 * regions
            + 0.3 * (part & near).sum() / near.sum()
            + 0.4 * lesions
            + 0.1 * (part & everywhere).mean()
        )
    assert sum(expected) == pytest.approx(1)
    assert is_likely([part[drawn].sum() for part in sets], expected)


def test_small_lesions_are_seen_as_often_as_large_ones(points):
    numbers, _ = ndimage.label(make_label()[0].numpy())
    drawn = tuple(corners(points, 1500, lesion=1).T)
    counts = np.bincount(numbers[drawn], minlength=4)
    assert counts[0] == 0
    assert is_likely(counts[1:], [1, 2, 2])  # the last two are lesions of both regions


def test_regions_are_drawn_alike_however_small(points):
    inner = make_label()[1].numpy()
    inside = inner[tuple(corners(points, 1000, foreground=1).T)].sum()
    outer_share = inner.sum() / make_label()[0].numpy().sum()
    assert is_likely([inside, 1000 - inside], [1 + outer_share, 1 - outer_share])


def test_the_rest_lies_anywhere_evenly(points):
    drawn = corners(points, 2000, size=(41, 1, 1))
    assert is_likely(np.bincount(drawn[:, 0], minlength=20), [1] * 20)
    assert is_likely(np.bincount(drawn[:, 1] // 10, minlength=3), [1] * 3)


@pytest.mark.parametrize("edge", [8, 9])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_what_a_patch_is_centred_on_is_as_far_off_its_centre_as_asked(edge, jitter):
    label = torch.zeros(1, *SHAPE, dtype=torch.bool)
    label[0, 30, 15, 10] = True
    start = corners(points_of(label), 600, (edge,) * 3, foreground=1, jitter=jitter)
    off = np.array([30, 15, 10]) - edge // 2 - start
    most = int(jitter * ((edge - 1) // 2))
    for axis in range(3):
        counts = np.bincount(off[:, axis] + most, minlength=2 * most + 1)
        assert len(counts) == 2 * most + 1
        assert most == 0 or is_likely(counts, [1] * len(counts))
    inside = np.array([30, 15, 10]) - start
    assert ((inside >= 0) & (inside < edge)).all()


@pytest.mark.parametrize("kind", ["foreground", "boundary", "lesion"])
def test_what_a_case_does_not_have_is_anywhere_instead(kind):
    empty = points_of(torch.zeros(2, *SHAPE, dtype=torch.bool))
    drawn = corners(empty, 500, **{kind: 1})
    assert len(np.unique(drawn[:, 0])) == SHAPE[0]


def test_patches_stay_in_the_case_and_have_a_smaller_case_in_their_middle(points):
    for settings in ({}, {"lesion": 1, "jitter": 1}):
        drawn = corners(points, 200, (16, 40, 21), **settings)
        assert (drawn[:, 0] >= 0).all()
        assert (drawn[:, 0] <= SHAPE[0] - 16).all()
        assert (drawn[:, 1:] == (-5, 0)).all()


def test_parts_that_sum_to_more_than_one_are_refused():
    with pytest.raises(ParameterError, match=r"at most 1\. Found 1\.2: lower one of them"):
        SamplingConfig(boundary=0.3, lesion=0.23)
    SamplingConfig(foreground=0.7, boundary=0.2, lesion=0.1)
