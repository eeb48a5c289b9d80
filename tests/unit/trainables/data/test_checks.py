import gzip
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from trainables.data.checks import check_cases, check_dataset
from trainables.data.config import DataConfig
from trainables.data.phantom import write_phantom
from trainables.data.summary import summarise

IMAGES = {"t1.nii", "t1ce.nii", "t2.nii", "flair.nii"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("checks")
    write_phantom(root, cases=4, seed=0, size=(24, 24, 24), raters=1)
    return root


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "data"))


def _file(folder: Path, role: str) -> Path:
    return folder / "Phantom_002" / f"Phantom_002_{role}.nii.gz"


def _rewrite(path: Path, voxels: np.ndarray, affine: np.ndarray | None = None) -> None:
    stored = nib.load(path)
    nib.save(nib.Nifti1Image(voxels, stored.affine if affine is None else affine), path)


def _voxels(path: Path, dtype: type) -> np.ndarray:
    return np.asarray(nib.load(path).dataobj).astype(dtype)


def test_sound_data_has_no_problem(folder: Path) -> None:
    assert check_cases(DataConfig(root=str(folder))) == []


def test_a_missing_folder_is_the_one_problem(tmp_path: Path) -> None:
    (problem,) = check_cases(DataConfig(root=str(tmp_path / "nowhere")))
    assert problem.endswith("nowhere should exist. Found no folder of that name.")


def test_a_missing_modality_is_named(folder: Path) -> None:
    _file(folder, "t2").unlink()
    expected = f"Case 2 of 4 (Phantom_002): modality t2 is missing: expected {_file(folder, 't2')}."
    assert check_cases(DataConfig(root=str(folder))) == [expected]


def test_a_missing_label_is_named(folder: Path) -> None:
    _file(folder, "seg").unlink()
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "Case 2 of 4 (Phantom_002): the label is missing" in problem


def test_a_file_that_is_no_image_is_named(folder: Path) -> None:
    _file(folder, "t1").write_text("no image")
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert f"{_file(folder, 't1')} should be a readable NIfTI file" in problem


def test_a_file_cut_short_is_named(folder: Path) -> None:
    path = _file(folder, "t1")
    path.write_bytes(path.read_bytes()[:-2000])
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert f"{path} should hold all its voxels" in problem


def test_a_damaged_file_is_named(folder: Path) -> None:
    path = _file(folder, "t1")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert f"{path} should hold all its voxels" in problem


def test_a_label_of_another_shape_is_named(folder: Path) -> None:
    _rewrite(_file(folder, "seg"), np.zeros((24, 24, 23), np.uint8))
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert (
        "label should have the shape of t1, (24, 24, 24). Found (24, 24, 23): resample" in problem
    )


def test_a_modality_of_another_shape_is_named(folder: Path) -> None:
    _rewrite(_file(folder, "flair"), np.ones((23, 24, 24), np.int16))
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert (
        "flair should have the shape of t1, (24, 24, 24). Found (23, 24, 24): resample" in problem
    )


def test_an_image_with_four_axes_is_named(folder: Path) -> None:
    _rewrite(_file(folder, "flair"), np.zeros((24, 24, 24, 2), np.int16))
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "should have 3 axes. Found shape (24, 24, 24, 2)." in problem


def test_a_modality_in_another_place_is_named(folder: Path) -> None:
    path = _file(folder, "t1ce")
    affine = nib.load(path).affine.copy()
    affine[0, 3] += 2.5
    _rewrite(path, _voxels(path, np.int16), affine)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "t1ce should lie where t1 lies" in problem
    assert "differ by up to 2.5." in problem


def test_a_label_value_outside_the_map_is_named(folder: Path) -> None:
    path = _file(folder, "seg")
    codes = _voxels(path, np.uint8)
    codes[0, 0, 0] = 3
    _rewrite(path, codes)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert f"label {path} should hold only the codes [0, 1, 2, 4]. Found 3." in problem


def test_voxels_that_are_not_finite_are_counted(folder: Path) -> None:
    path = _file(folder, "t2")
    voxels = _voxels(path, np.float32)
    voxels[0, 0, :3] = [np.nan, np.inf, -np.inf]
    _rewrite(path, voxels)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "modality t2 should hold finite numbers. Found 3 voxels that are not: " in problem


def test_colours_are_named_with_case_file_and_type(folder: Path) -> None:
    colour = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    _rewrite(_file(folder, "t2"), np.zeros((24, 24, 24), colour))
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert problem == (
        f"Case 2 of 4 (Phantom_002): File {_file(folder, 't2')} should hold one real number a "
        "voxel. Found type RGB."
    )


def test_a_modality_that_is_zero_everywhere_is_named(folder: Path) -> None:
    _rewrite(_file(folder, "t2"), np.zeros((24, 24, 24), np.int16))
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert problem.startswith("Case 2 of 4 (Phantom_002): modality t2 is zero everywhere")


def test_codes_of_another_coding_are_told_which_has_them(folder: Path) -> None:
    masks = [path for path in folder.rglob("*.nii.gz") if not {*path.stem.split("_")} & IMAGES]
    for path in masks:
        codes = _voxels(path, np.uint8)
        codes[codes == 4] = 3
        _rewrite(path, codes)
    problems = check_cases(DataConfig(root=str(folder)))
    assert any(
        "Found 3. Let `labels` say what each code means, as brats2023 or" in p for p in problems
    )
    assert check_cases(DataConfig(root=str(folder), labels="brats2023")) == []


def test_codes_of_no_coding_ask_for_a_map_and_one_is_enough(folder: Path) -> None:
    path = _file(folder, "seg")
    codes = _voxels(path, np.uint8)
    codes[codes == 4] = 77
    _rewrite(path, codes)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "Found 77. Let `labels` say what each code means; they say {'WT': [1, 2, 4]" in problem
    explicit = (("WT", (1, 2, 4, 77)), ("ET", (4, 77)))
    assert check_cases(DataConfig(root=str(folder), labels=explicit)) == []


def test_fractions_in_a_label_are_told_where_they_come_from(folder: Path) -> None:
    path = _file(folder, "seg")
    codes = _voxels(path, np.float32)
    codes[0, 0, 0] = 0.5
    _rewrite(path, codes)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert problem.endswith(
        "Found 0.5. Fractions come from interpolation: resample labels by the nearest voxel."
    )


def test_one_image_in_two_cases_is_named_by_both_whatever_it_is_stored_as(folder: Path) -> None:
    other = folder / "Phantom_004" / "Phantom_004_t1.nii.gz"
    _rewrite(other, _voxels(_file(folder, "t1"), np.float64))
    assert other.read_bytes() != _file(folder, "t1").read_bytes()
    assert check_cases(DataConfig(root=str(folder))) == [
        "t1 of case Phantom_004 should differ from t1 of case Phantom_002. Found the same voxels "
        "in both: leave one of the cases out."
    ]


def test_one_label_in_two_cases_is_named_by_both_unless_it_is_empty(folder: Path) -> None:
    names = [folder / name / f"{name}_seg.nii.gz" for name in ("Phantom_001", "Phantom_003")]
    for path in names:
        _rewrite(path, np.zeros((24, 24, 24), np.uint8))
    assert check_cases(DataConfig(root=str(folder))) == []
    shutil.copy(_file(folder, "seg"), names[0])
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert problem.startswith(
        "label of case Phantom_002 should differ from label of case Phantom_001"
    )


def test_one_image_for_two_modalities_of_a_case_is_named(folder: Path) -> None:
    shutil.copy(_file(folder, "t1"), _file(folder, "t1ce"))
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert problem == (
        "t1ce of case Phantom_002 should differ from t1 of case Phantom_002. Found the same "
        "voxels in both: put the right file there, or leave one out by `data.modalities`."
    )
    without = DataConfig(root=str(folder), modalities=("t1", "t2", "flair"))
    assert check_cases(without) == []


def test_a_header_that_contradicts_itself_is_named(folder: Path) -> None:
    for path in _file(folder, "t1").parent.glob("*_*.nii.gz"):
        image = nib.load(path)
        image = nib.Nifti1Image(np.asarray(image.dataobj), image.affine)
        image.header.set_zooms((1.0, 1.0, 3.0))
        image.header["qform_code"] = 0
        nib.save(image, path)
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert problem == (
        "Case 2 of 4 (Phantom_002): t1 should have one spacing. Found (1.0, 1.0, 3.0) mm in its "
        "header and (1.0, 1.0, 1.0) mm in its affine: write its header anew."
    )


def test_a_grid_without_extent_is_named(folder: Path) -> None:
    path = _file(folder, "t1")
    content = gzip.decompress(path.read_bytes())
    header = nib.Nifti1Header(content[:348])
    header["srow_z"] = 0
    path.write_bytes(gzip.compress(header.binaryblock + content[348:]))
    problems = check_cases(DataConfig(root=str(folder)))
    assert any(
        "should have an affine of finite numbers and a spacing above 0" in p for p in problems
    )


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", "uint16", "uint8", ">f4", ">i2"])
def test_images_and_labels_of_any_type_are_as_good_as_any_other(folder: Path, dtype: str) -> None:
    for path in _file(folder, "t1").parent.glob("*_*.nii.gz"):
        voxels = _voxels(path, np.float32)
        scale = 200 / voxels.max() if "seg" not in path.name and "truth" not in path.name else 1
        _rewrite(path, np.rint(voxels * scale).astype(dtype))
    report = check_dataset(DataConfig(root=str(folder)))
    assert report.problems == ()
    assert sum(report.cases[1].codes.values()) == 24**3


def test_stored_numbers_that_are_scaled_are_read_as_what_they_mean(folder: Path) -> None:
    path = _file(folder, "seg")
    codes = _voxels(path, np.int16)
    image = nib.Nifti1Image((codes * 100).astype(np.int16), nib.load(path).affine)
    image.header.set_slope_inter(0.01, 0)
    before = check_dataset(DataConfig(root=str(folder)))
    nib.save(image, path)
    after = check_dataset(DataConfig(root=str(folder)))
    assert nib.load(path).dataobj.slope != 1
    assert after.problems == ()
    assert after.cases[1].codes == before.cases[1].codes


def test_empty_labels_are_a_problem_only_where_every_case_has_one(folder: Path) -> None:
    *rest, last = sorted(folder.glob("*/*_seg.nii.gz"))
    for path in rest:
        _rewrite(path, np.zeros((24, 24, 24), np.uint8))
    assert check_cases(DataConfig(root=str(folder))) == []
    _rewrite(last, np.zeros((24, 24, 24), np.uint8))
    (problem,) = check_cases(DataConfig(root=str(folder)))
    assert "should outline something to learn. Found all 4 empty." in problem


def test_all_problems_of_all_cases_come_at_once(folder: Path) -> None:
    _file(folder, "t2").unlink()
    _file(folder, "t1").write_text("no image")
    other = folder / "Phantom_004" / "Phantom_004_seg.nii.gz"
    _rewrite(other, np.full((24, 24, 24), 7, np.uint8))
    problems = check_cases(DataConfig(root=str(folder)))
    assert [problem.split(":")[0] for problem in problems] == [
        "Case 2 of 4 (Phantom_002)",
        "Case 2 of 4 (Phantom_002)",
        "Case 4 of 4 (Phantom_004)",
    ]


def test_the_summary_counts_shapes_and_empty_regions(folder: Path) -> None:
    summary = summarise(check_dataset(DataConfig(root=str(folder))))
    assert (summary.num_cases, summary.num_labelled) == (4, 4)
    assert summary.shapes == {(24, 24, 24): 4}
    assert summary.spacings_mm == {(1.0, 1.0, 1.0): 4}
    assert [(r.region, r.num_empty) for r in summary.lesions] == [("WT", 0), ("TC", 0), ("ET", 1)]
    assert summary.warnings == ()
