"""What hints at a mistaken coding, and what cannot tell."""

import numpy as np
import pytest

from trainables.data.enhancement import has_dim_enhancement

NAMES = ("WT", "TC", "ET")


@pytest.fixture
def regions():
    """WT and TC fill the volume, ET is its first slice."""
    masks = np.ones((3, 4, 4, 4), bool)
    masks[2, 1:] = False
    return masks


def make_t1ce(first):
    """A t1ce that is `first` in the first slice and 100 elsewhere."""
    voxels = np.full((4, 4, 4), 100.0, np.float32)
    voxels[0] = first
    return voxels


@pytest.mark.parametrize(("first", "is_dim"), [(99.0, True), (100.0, True), (101.0, False)])
def test_enhancement_is_dim_unless_it_exceeds_the_rest_of_the_core(regions, first, is_dim):
    assert has_dim_enhancement(make_t1ce(first), regions, NAMES) is is_dim


def test_nothing_is_said_where_it_cannot_be_told(regions):
    t1ce = make_t1ce(0.0)
    no_enhancement, no_rest = regions.copy(), regions.copy()
    no_enhancement[2] = False
    no_rest[1] = no_rest[2]
    for masks in (no_enhancement, no_rest, regions[:, :3]):
        assert not has_dim_enhancement(t1ce, masks, NAMES)
    assert not has_dim_enhancement(t1ce, regions, ("whole", "core", "ring"))
    assert not has_dim_enhancement(make_t1ce(np.nan), regions, NAMES)
