"""What nnU-Net's raw data say, in either version, and what is said where they cannot be used."""

import json

import pytest
from folders import cases_of, listed
from laid_out import describe, draw_scans, save, write_nnunet

from trainables.data.config import DataConfig
from trainables.data.datasets import list_dataset, open_dataset
from trainables.errors import DataError


@pytest.fixture
def root(tmp_path):
    write_nnunet(tmp_path, draw_scans(["BRATS_001", "BRATS_002"], 4, (1, 2, 3)))
    return tmp_path


def change(root, **content):
    file = root / "dataset.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | content))


def problem_of(root):
    with pytest.raises(DataError) as refused:
        listed(root)
    (problem,) = refused.value.problems
    return problem


def test_regions_are_those_of_the_description_and_single_codes_regions_of_their_own(root):
    labels = open_dataset(DataConfig(root=str(root))).labels
    assert labels.as_mapping() == {"WT": [1, 2, 3], "TC": [2, 3], "ET": [3]}
    change(root, labels={"background": 0, "kidney": 1, "cyst": 3, "tumour": 2})
    labels = open_dataset(DataConfig(root=str(root))).labels
    assert labels.as_mapping() == {"kidney": [1], "cyst": [3], "tumour": [2]}
    assert not labels.is_nested


def test_version_1_names_its_modalities_and_codes_the_other_way_round(root):
    (root / "dataset.json").unlink()
    describe(
        root,
        modality={"0": "T1", "1": "T1ce", "2": "T2", "3": "FLAIR"},
        labels={"0": "background", "1": "edema", "2": "core", "3": "enhancing"},
        numTraining=2,
        training=[{"image": "./imagesTr/BRATS_001.nii.gz", "label": "./labelsTr/BRATS_001.nii.gz"}],
    )
    dataset = open_dataset(DataConfig(root=str(root)))
    assert dataset.modalities == ("T1", "T1ce", "T2", "FLAIR")
    assert dataset.labels.as_mapping() == {"edema": [1], "core": [2], "enhancing": [3]}
    assert len(dataset.cases) == 2


def test_the_other_cases_are_those_of_their_folder_with_labels_where_there_are_any(root):
    (scan,) = draw_scans(["BRATS_485"], 4, (1, 2, 3), seed=7)
    for number, voxels in enumerate(scan.channels):
        save(voxels, root / "imagesTs" / f"BRATS_485_{number:04d}.nii.gz")
    (case,) = cases_of(root / "imagesTs")
    assert (case.case_id, case.label) == ("BRATS_485", None)
    save(scan.codes, root / "labelsTs" / "BRATS_485.nii.gz")
    (case,) = cases_of(root / "imagesTs")
    assert case.label == root / "labelsTs" / "BRATS_485.nii.gz"


def test_a_description_may_name_the_files_of_each_case(root):
    images = [f"imagesTr/BRATS_001_{number:04d}.nii.gz" for number in range(4)]
    files = {"images": images, "label": "labelsTr/BRATS_001.nii.gz"}
    change(root, dataset={"other name": files}, numTraining=1)
    (case,) = cases_of(root)
    assert case.case_id == "other name"
    assert case.images == tuple(root / image for image in images)
    change(root, dataset={"other name": files | {"images": images[:3]}})
    assert "Case other name of" in problem_of(root)
    assert "should have 4 images, T1, T1ce, T2, FLAIR. Found 3." in problem_of(root)


def test_another_number_of_cases_than_described_is_refused(root):
    change(root, numTraining=3)
    assert "`numTraining` of its dataset.json says, 3. Found 2: add" in problem_of(root)


def test_images_without_a_description_are_told_it(root):
    (root / "dataset.json").unlink()
    assert problem_of(root) == f"Data folder {root} should hold dataset.json. Found none."


def test_files_that_are_no_nifti_are_told_to_be_converted(root):
    change(root, file_ending=".nrrd")
    assert "should be .nii.gz or .nii. Found .nrrd: convert the files" in problem_of(root)


@pytest.mark.parametrize("labels", [None, {}, {"background": 0}, {"WT": "all"}])
def test_labels_without_a_region_are_refused(root, labels):
    change(root, labels=labels)
    with pytest.raises(DataError, match=r"Key `labels` of .* should give codes to regions"):
        list_dataset(DataConfig(root=str(root)))


def test_voxels_that_nobody_labelled_are_refused_unless_the_labels_are_given(root):
    change(root, labels={"background": 0, "WT": 1, "ignore": 2})
    with pytest.raises(DataError, match="Found `ignore`"):
        list_dataset(DataConfig(root=str(root)))
    assert list_dataset(DataConfig(root=str(root), labels="brats2023")).labels.names[0] == "WT"
