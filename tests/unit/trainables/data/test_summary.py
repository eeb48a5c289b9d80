"""What a data set holds as a whole, and what it proposes."""

import nibabel as nib
import numpy as np
import pytest
from laid_out import draw_scans, save, write_brats

from trainables.data.checks import check_dataset
from trainables.data.config import DataConfig
from trainables.data.proposals import propose
from trainables.data.summary import summarise


def summary_of(root, **settings):
    return summarise(check_dataset(DataConfig(root=str(root), **settings)))


@pytest.fixture
def root(tmp_path):
    write_brats(tmp_path, draw_scans(["A", "B", "C"], 4, (1, 2, 4)))
    return tmp_path


def test_lesions_are_counted_by_region_in_voxels_and_mm3(root):
    """Each label has a block of 6 voxels of every code, one after the other, and one voxel of 4."""
    whole, core, enhancing = summary_of(root).lesions
    assert (whole.num_lesions, core.num_lesions, enhancing.num_lesions) == (6, 9, 6)
    assert whole.sizes_voxels == (1, 9.5, 18)
    assert core.sizes_voxels == (1, 6, 6)
    assert enhancing.sizes_mm3 == (2.0, 7.0, 12.0)  # a voxel has 2 mm^3
    assert (whole.num_cases, whole.num_empty) == (3, 0)


def test_codes_are_counted_over_all_cases(root):
    assert summary_of(root).codes == {0: 3 * (7 * 6 * 5 - 19), 1: 18, 2: 18, 4: 21}


def test_orientation_and_spacing_are_told_and_proposed_along_right_anterior_superior(root):
    """The axes of one case are stored in another order and direction than those of the others."""
    affine = np.array([[0, 0, -1.0, 5], [0, 1.0, 0, 0], [2.0, 0, 0, 0], [0, 0, 0, 1]])
    for path in (root / "C").iterdir():
        voxels = np.asarray(nib.load(path).dataobj)
        save(np.ascontiguousarray(voxels.transpose(2, 1, 0)), path, affine)
    summary = summary_of(root)
    assert summary.orientations == {"LPS": 2, "SAL": 1}
    assert summary.proposals.spacing_mm == (1.0, 1.0, 2.0)
    assert summary.warnings == ()


def test_a_case_of_another_spacing_is_a_warning(root):
    for path in (root / "B").iterdir():
        save(np.asarray(nib.load(path).dataobj), path, np.diag([1.0, 1.0, 3.0, 1.0]))
    (warning,) = summary_of(root).warnings
    assert "Found another than that of A in 1 of 3 cases (B)" in warning


def test_labels_outside_the_head_are_a_warning_with_their_number(root):
    """Labels of B and C begin in the second layer, with 6 voxels; one modality of C has it too."""
    for case, names in (("B", "B_[tf]*"), ("C", "C_t[12].nii.gz")):
        for path in (root / case).glob(names):
            voxels = np.asarray(nib.load(path).dataobj).copy()
            voxels[:2] = 0
            save(voxels, path)
    (warning,) = summary_of(root).warnings
    assert "Found 6 voxels outside it, in 1 of 3 cases (B)" in warning


@pytest.mark.parametrize(
    ("extent_mm", "spacing_mm", "side"),
    [(240, 1, 128), (100, 1, 96), (63, 1, 48), (64, 1, 64), (20, 1, 32), (5, 1, 32), (155, 5, 32)],
)
def test_a_patch_fits_the_median_foreground_in_sizes_that_networks_halve(
    extent_mm, spacing_mm, side
):
    found = propose([(spacing_mm,) * 3] * 3, [(extent_mm,) * 3, (1,) * 3, (500,) * 3], [])
    assert found.patch_size == (side,) * 3
    assert found.width_mm is None


def ball_mm3(radius_mm):
    return 4 / 3 * np.pi * radius_mm**3


@pytest.mark.parametrize(
    ("radius_mm", "spacing_mm", "width_mm"),
    [(4.0, 1.0, 2.0), (1.0, 1.0, 1.0), (20.0, 1.0, 3.0), (2.0, 0.5, 1.0), (20.0, 4.0, 4.0)],
)
def test_a_width_is_half_a_small_lesion_but_a_voxel_at_least_and_else_3_mm_at_most(
    radius_mm, spacing_mm, width_mm
):
    sizes = [ball_mm3(radius_mm)] * 3 + [ball_mm3(50)] * 6
    assert propose([(spacing_mm,) * 3], [(100,) * 3], sizes).width_mm == pytest.approx(width_mm)


def test_nothing_is_proposed_where_nothing_is_known(tmp_path):
    assert propose([], [], []) is None
    assert summary_of(tmp_path).proposals is None
