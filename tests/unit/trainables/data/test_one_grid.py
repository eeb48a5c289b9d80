"""Rounding in headers is let pass, a shift is not, and that wherever the scanner's origin is."""

import nibabel as nib
import numpy as np
import pytest
from folders import cases_of

from trainables.data.cases import load_image
from trainables.data.checks import check_cases
from trainables.data.config import DataConfig
from trainables.data.one_grid import have_same_affine
from trainables.data.phantom import write_phantom
from trainables.errors import DataError

FAR_MM = 4096.0


@pytest.fixture
def root(tmp_path):
    write_phantom(tmp_path, 1, seed=0, size=(24, 24, 24), raters=1)
    for path in tmp_path.rglob("*.nii.gz"):
        move(path, FAR_MM)
    return tmp_path


def test_a_shift_above_the_tolerance_is_found_far_from_the_origin(root):
    (case,) = cases_of(root)
    assert check_cases(DataConfig(root=str(root))) == []
    move(case.images[1], 0.02)
    (problem,) = check_cases(DataConfig(root=str(root)))
    assert "should lie where t1 lies" in problem
    with pytest.raises(DataError, match="should lie on one grid"):
        load_image(case)


def test_rounding_to_single_precision_is_no_shift(root):
    (case,) = cases_of(root)
    move(case.images[1], 0.0005)
    assert check_cases(DataConfig(root=str(root))) == []
    load_image(case)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_affine_that_holds_no_number_is_that_of_no_grid(value):
    affine = np.eye(4)
    affine[0, 3] = value
    assert not have_same_affine(affine, affine)
    assert not have_same_affine(np.eye(4), affine)


def move(path, shift_mm):
    image = nib.load(path)
    affine = image.affine.copy()
    affine[0, 3] += shift_mm
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), affine), path)
