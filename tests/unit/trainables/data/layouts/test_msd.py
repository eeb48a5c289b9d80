"""What the Decathlon's description says, and what is said where it cannot be used."""

import json

import numpy as np
import pytest
from folders import cases_of, listed
from laid_out import describe, draw_scans, save, write_msd

from trainables.data.cases import load_case, load_image
from trainables.data.checks import check_cases
from trainables.data.config import DataConfig
from trainables.data.datasets import open_dataset
from trainables.errors import DataError


@pytest.fixture
def root(tmp_path):
    write_msd(tmp_path, draw_scans(["BRATS_001", "BRATS_002"], 4, (1, 2, 3)))
    return tmp_path


def change(root, **content):
    file = root / "dataset.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | content))


def problem_of(root):
    with pytest.raises(DataError) as refused:
        listed(root, layout="msd")
    (problem,) = refused.value.problems
    return problem


def test_codes_of_gliomas_are_nested_regions_and_of_anything_else_one_region_each(root):
    dataset = open_dataset(DataConfig(root=str(root)))
    assert dataset.labels.as_mapping() == {"WT": [1, 2, 3], "TC": [2, 3], "ET": [3]}
    change(root, labels={"0": "background", "1": "liver", "2": "cancer"})
    dataset = open_dataset(DataConfig(root=str(root)))
    assert dataset.labels.as_mapping() == {"liver": [1], "cancer": [2]}


def test_scans_of_one_modality_have_three_axes(tmp_path):
    (scan,) = draw_scans(["la_003"], 1, (1,))
    save(scan.channels[0], tmp_path / "imagesTr" / "la_003.nii.gz")
    save(scan.codes, tmp_path / "labelsTr" / "la_003.nii.gz")
    training = [{"image": "./imagesTr/la_003.nii.gz", "label": "./labelsTr/la_003.nii.gz"}]
    labels = {"0": "background", "1": "left atrium"}
    describe(tmp_path, modality={"0": "MRI"}, labels=labels, training=training, test=[])
    dataset = open_dataset(DataConfig(root=str(tmp_path)))
    volume = load_case(dataset.cases[0], dataset.labels)
    np.testing.assert_array_equal(volume.image[0].numpy(), scan.channels[0])
    assert dataset.labels.names == ("left atrium",)


def test_the_cases_without_labels_are_those_of_their_folder(root):
    (scan,) = draw_scans(["BRATS_485"], 4, (1, 2, 3), seed=7)
    save(np.stack(scan.channels, axis=-1), root / "imagesTs" / "BRATS_485.nii.gz")
    change(root, test=["./imagesTs/BRATS_485.nii.gz"])
    (case,) = cases_of(root / "imagesTs")
    assert (case.case_id, case.label) == ("BRATS_485", None)
    assert load_image(case).image.shape[0] == 4
    assert [case.case_id for case in cases_of(root)] == ["BRATS_001", "BRATS_002"]


@pytest.mark.parametrize("channels", [3, 5])
def test_a_file_of_another_number_of_modalities_is_named(root, channels):
    path = root / "imagesTr" / "BRATS_002.nii.gz"
    save(np.random.default_rng(0).normal(size=(7, 6, 5, channels)).astype(np.float32), path)
    (problem,) = check_cases(DataConfig(root=str(root)))
    assert problem == (
        f"Case 2 of 2 (BRATS_002): File {path} should hold 4 modalities along its last axis. "
        f"Found {channels}: correct the file, or the list of modalities."
    )


def test_a_listed_label_that_is_not_there_is_named(root):
    path = root / "labelsTr" / "BRATS_001.nii.gz"
    path.unlink()
    (problem,) = check_cases(DataConfig(root=str(root)))
    assert problem == f"Case 1 of 2 (BRATS_001): label is missing: expected {path}."


def test_a_description_that_is_no_json_is_named(root):
    (root / "dataset.json").write_text('{"modality": ')
    assert problem_of(root).startswith(f"File {root / 'dataset.json'} should be JSON. Found: ")
    (root / "dataset.json").write_text("[]")
    assert problem_of(root).endswith("should be a JSON object. Found list.")


@pytest.mark.parametrize("modality", [None, {}, {"1": "FLAIR"}, ["FLAIR"]])
def test_modalities_that_are_not_numbered_are_named(root, modality):
    change(root, modality=modality)
    problem = problem_of(root)
    assert problem.startswith(f"Key `modality` of {root / 'dataset.json'} should name the image")
    assert problem.endswith(f"Found {modality}.")


@pytest.mark.parametrize("training", [None, [], [{"label": "a"}], [3]])
def test_a_list_without_cases_is_named(root, training):
    change(root, training=training)
    assert problem_of(root).startswith(f"Key `training` of {root / 'dataset.json'} should list")


def test_labels_that_name_no_codes_are_named(root):
    change(root, labels={"edema": "many"})
    with pytest.raises(DataError, match=r"Key `labels` of .* should name the codes"):
        open_dataset(DataConfig(root=str(root)))
    labels = (("edema", (1,)),)
    assert open_dataset(DataConfig(root=str(root), labels=labels)).labels.names == ("edema",)


@pytest.mark.data
def test_the_real_case_of_the_decathlon_is_read_as_its_description_counts_it(shared_data):
    dataset = open_dataset(DataConfig(root=str(shared_data / "msd")))
    volume = load_case(dataset.cases[0], dataset.labels)
    assert dataset.modalities == ("FLAIR", "T1w", "t1gd", "T2w")
    assert volume.image.shape == (4, 122, 104, 55)
    # 122275 oedema, 32168 without enhancement, 42366 enhancing
    assert volume.label.sum((1, 2, 3)).tolist() == [196809, 74534, 42366]
    assert check_cases(DataConfig(root=str(shared_data / "msd"))) == []
