"""What hints at a mistaken coding, and what cannot tell."""

import nibabel as nib
import numpy as np
import pytest
import torch

from trainables.data.cases import Case
from trainables.data.enhancement import has_dim_enhancement

NAMES = ("WT", "TC", "ET")


@pytest.fixture
def regions():
    """WT and TC fill the volume, ET is its first slice."""
    masks = torch.ones(3, 4, 4, 4, dtype=torch.bool)
    masks[2, 1:] = False
    return masks


@pytest.fixture
def make_case(tmp_path):
    """A case whose t1ce is `first` in the first slice and 100 elsewhere."""

    def make(first):
        voxels = np.full((4, 4, 4), 100.0, np.float32)
        voxels[0] = first
        path = tmp_path / "case_t1ce.nii.gz"
        nib.save(nib.Nifti1Image(voxels, np.eye(4)), path)
        return Case("case", "case", (path,) * 4, ("t1", "t1ce", "t2", "flair"))

    return make


@pytest.mark.parametrize(("first", "is_dim"), [(99.0, True), (100.0, True), (101.0, False)])
def test_enhancement_is_dim_unless_it_exceeds_the_rest_of_the_core(
    make_case, regions, first, is_dim
):
    assert has_dim_enhancement(make_case(first), regions, NAMES) is is_dim


def test_nothing_is_said_where_it_cannot_be_told(make_case, regions):
    case = make_case(0.0)
    no_enhancement, no_rest = regions.clone(), regions.clone()
    no_enhancement[2] = False
    no_rest[1] = no_rest[2]
    for masks in (no_enhancement, no_rest, regions[:, :3]):
        assert not has_dim_enhancement(case, masks, NAMES)
    assert not has_dim_enhancement(case, regions, ("whole", "core", "ring"))
    assert not has_dim_enhancement(make_case(np.nan), regions, NAMES)
