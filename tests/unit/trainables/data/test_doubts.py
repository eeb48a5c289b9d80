"""What is odd about a data set, and whom a finding blames."""

import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from trainables.data.checks import check_cases, check_dataset
from trainables.data.config import DataConfig
from trainables.data.phantom import write_phantom
from trainables.data.summary import summarise


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_phantom(tmp_path, cases=4, seed=0, size=(24, 24, 24), raters=1)
    return tmp_path


def _file(folder: Path, role: str) -> Path:
    return folder / "Phantom_002" / f"Phantom_002_{role}.nii.gz"


def _rewrite(path: Path, voxels: np.ndarray, affine: np.ndarray | None = None) -> None:
    stored = nib.load(path).affine
    nib.save(nib.Nifti1Image(voxels, stored if affine is None else affine), path)


def _voxels(path: Path, dtype: type) -> np.ndarray:
    return np.asarray(nib.load(path).dataobj).astype(dtype)


def test_a_region_that_no_case_has_is_doubted(folder: Path) -> None:
    for path in folder.glob("*/*_seg.nii.gz"):
        codes = _voxels(path, np.uint8)
        _rewrite(path, np.where(codes == 4, np.uint8(1), codes))
    (warning,) = summarise(check_dataset(DataConfig(root=str(folder)))).warnings
    assert warning.startswith("Region ET should be outlined in a case. Found it empty in all 4: is")


def test_two_raters_who_say_the_very_same_are_doubted(folder: Path) -> None:
    raters = folder / "Phantom_002" / "raters"
    shutil.copy(next(raters.glob("*.nii.gz")), raters / "rater-9.nii.gz")
    (warning,) = summarise(check_dataset(DataConfig(root=str(folder)))).warnings
    assert "in 1 of 4 cases (Phantom_002): is one a copy of the other?" in warning


def test_the_file_that_lies_elsewhere_is_blamed_though_it_comes_first(folder: Path) -> None:
    path = _file(folder, "t1")
    affine = nib.load(path).affine.copy()
    affine[0, 3] += 3
    _rewrite(path, _voxels(path, np.float32), affine)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "(Phantom_002): t1 should lie where t1ce lies" in problem


def test_a_label_that_is_not_finite_is_told_to_hold_a_code(folder: Path) -> None:
    path = _file(folder, "seg")
    voxels = _voxels(path, np.float32)
    voxels[0, 0, 0] = np.nan
    _rewrite(path, voxels)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "Found nan. Write a code there: 0 where nothing is outlined." in problem
