import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from folders import cases_of, listed

from trainables.data.cases import (
    load_case,
    load_image,
    load_regions,
)
from trainables.data.labels import find_label_map
from trainables.data.layouts.brats import MODALITIES
from trainables.data.phantom import write_phantom
from trainables.errors import DataError

BRATS = find_label_map("brats2018")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("cases")
    write_phantom(root, 3, seed=0, size=(24, 24, 20), spacing_mm=(1.0, 1.0, 1.5), raters=11)
    return root


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "data"))


@pytest.fixture
def glioma() -> Path:
    root = Path(__file__).parents[4].parent / "shared" / "data" / "brats2018"
    if not root.is_dir():
        pytest.skip("no real scans beside the repository (../shared/data/brats2018)")
    return root


def test_images_are_in_the_fixed_order_and_raters_in_natural_order(folder: Path) -> None:
    case = cases_of(folder)[0]
    names = [f"Phantom_001_{modality}.nii.gz" for modality in MODALITIES]
    assert [path.name for path in case.images] == names
    assert [path.name for path in case.raters][1] == "rater-2.nii.gz"
    assert [path.name for path in case.raters][-1] == "rater-11.nii.gz"


def test_a_volume_has_the_stored_grid_and_spacing(folder: Path) -> None:
    case = cases_of(folder)[0]
    volume = load_case(case, BRATS)
    header = nib.load(case.images[0])
    assert volume.image.shape == (4, 24, 24, 20)
    assert volume.image.dtype == torch.float32
    assert volume.label is not None
    assert volume.label.shape == (3, 24, 24, 20)
    assert volume.label.dtype == torch.bool
    assert volume.spacing_mm == (1.0, 1.0, 1.5)
    np.testing.assert_array_equal(volume.affine, header.affine)
    np.testing.assert_array_equal(volume.image[0].numpy(), header.get_fdata())


def test_prediction_needs_no_label(folder: Path) -> None:
    (folder / "Phantom_002" / "Phantom_002_seg.nii.gz").unlink()
    case = cases_of(folder)[1]
    assert case.label is None
    assert load_image(case).label is None
    with pytest.raises(DataError, match="Phantom_002 should have a label"):
        load_case(case, BRATS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_labels_of_any_number_type_load(folder: Path, dtype: type) -> None:
    case = cases_of(folder)[0]
    assert case.label is not None
    expected = load_regions(case.label, BRATS)
    stored = nib.load(case.label)
    codes = np.asarray(stored.dataobj).astype(dtype)
    nib.save(nib.Nifti1Image(codes, stored.affine), case.label)
    assert torch.equal(load_regions(case.label, BRATS), expected)


def test_uncompressed_files_and_grade_folders_are_found(folder: Path) -> None:
    for name, grade in (("Phantom_001", "LGG"), ("Phantom_002", "HGG")):
        (folder / grade).mkdir()
        (folder / name).rename(folder / grade / name)
    packed = folder / "LGG" / "Phantom_001" / "Phantom_001_t2.nii.gz"
    nib.save(nib.load(packed), packed.with_suffix(""))
    packed.unlink()
    cases = cases_of(folder)
    assert [case.case_id for case in cases] == ["Phantom_001", "Phantom_002", "Phantom_003"]
    assert cases[0].images[2].name == "Phantom_001_t2.nii"
    assert load_case(cases[0], BRATS).label is not None


def test_hidden_folders_are_no_cases(folder: Path) -> None:
    (folder / ".cache").mkdir()
    (folder / "__MACOSX").mkdir()
    assert len(cases_of(folder)) == 3


def test_all_missing_modalities_are_named_at_once(folder: Path) -> None:
    missing = [
        folder / "Phantom_002" / "Phantom_002_t2.nii.gz",
        folder / "Phantom_003" / "Phantom_003_flair.nii.gz",
    ]
    for path in missing:
        path.unlink()
    with pytest.raises(DataError) as error:
        cases_of(folder)
    assert error.value.problems == (
        f"Case 2 of 3 (Phantom_002): modality t2 is missing: expected {missing[0]}.",
        f"Case 3 of 3 (Phantom_003): modality flair is missing: expected {missing[1]}.",
    )


def test_a_missing_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere should exist"):
        cases_of(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"one folder per case: .* Found none\."):
        cases_of(tmp_path)


def test_files_side_by_side_are_one_problem_that_says_the_layout(folder: Path) -> None:
    for case in cases_of(folder):
        for path in case.images:
            path.rename(folder / path.name)
        shutil.rmtree(folder / case.case_id)
    for _ in range(2):
        with pytest.raises(DataError) as error:
            cases_of(folder)
        (problem,) = error.value.problems
        assert "one folder per case: CASE/CASE_t1.nii.gz" in problem
        assert "12 image files directly in it" in problem
        (folder / "raters").mkdir(exist_ok=True)
    assert problem.endswith(" and 1 folder without such files (raters).")


@pytest.mark.parametrize("wanted", ["seg", "truth", "flair"])
def test_one_file_in_its_place_makes_the_layout(folder: Path, wanted: str) -> None:
    for path in folder.glob("*/*.nii.gz"):
        if path.name != f"Phantom_002_{wanted}.nii.gz":
            path.unlink()
    assert len(listed(folder)) == 3


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]), "RGB"), (np.complex64, "complex64")],
)
def test_voxels_that_are_no_real_numbers_are_refused_by_file_and_type(
    folder: Path, dtype: np.dtype, name: str
) -> None:
    case = cases_of(folder)[0]
    nib.save(nib.Nifti1Image(np.zeros((24, 24, 20), dtype), np.eye(4)), case.images[2])
    with pytest.raises(DataError) as error:
        load_image(case)
    assert error.value.problems == (
        f"File {case.images[2]} should hold one real number a voxel. Found type {name}.",
    )


def test_a_case_in_two_grades_is_refused(folder: Path) -> None:
    shutil.copytree(folder / "Phantom_001", folder / "HGG" / "Phantom_001")
    with pytest.raises(DataError, match="Case Phantom_001 should be there once"):
        cases_of(folder)


def test_a_label_of_another_shape_is_refused(folder: Path) -> None:
    case = cases_of(folder)[0]
    assert case.label is not None
    nib.save(nib.Nifti1Image(np.zeros((5, 6, 7), np.uint8), np.eye(4)), case.label)
    with pytest.raises(DataError, match=r"\(24, 24, 20\)\. Found \(5, 6, 7\)"):
        load_case(case, BRATS)


def test_modalities_of_two_shapes_are_refused(folder: Path) -> None:
    case = cases_of(folder)[0]
    nib.save(nib.Nifti1Image(np.zeros((5, 6, 7), np.int16), np.eye(4)), case.images[1])
    with pytest.raises(DataError, match="Modalities of case Phantom_001 should share one shape"):
        load_image(case)


@pytest.mark.data
def test_a_real_case_loads_with_its_raters(glioma: Path) -> None:
    (case,) = cases_of(glioma)
    volume = load_case(case, BRATS)
    assert volume.label is not None
    # voxels of WT, TC and ET as the data's own description counts them
    assert volume.label.sum((1, 2, 3)).tolist() == [30179, 9317, 6840]
    assert volume.image.shape == (4, 240, 240, 155)
    assert volume.spacing_mm == (1.0, 1.0, 1.0)
    assert len(case.raters) == 5
    assert load_regions(case.raters[0], BRATS).any()
