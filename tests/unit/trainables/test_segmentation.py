"""What the trainable answers a host, and what it costs to ask."""

import subprocess
import sys

import pytest

from trainables import segmentation
from trainables.config import TrainConfig
from trainables.data import passed_checks
from trainables.data.phantom import write_phantom
from trainables.errors import DataError, ParameterError
from trainables.segmentation import train


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(folder, 4, seed=0, size=(24, 24, 20), spacing_mm=(6.0, 6.0, 7.0), raters=1)
    return folder


def test_importing_the_trainable_imports_nothing_heavy():
    program = (
        "import sys, trainables.segmentation;"
        "sys.exit(bool({'torch', 'monai', 'nibabel', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_good_parameters_and_data_have_no_problem(root):
    assert train.check({"data": {"root": str(root)}}) == []


def test_what_judges_a_trial_is_fixed_and_what_trains_it_is_not():
    assert {"data", "evaluation"} <= set(TrainConfig.model_fields)
    assert set(train.fixed) == {"data", "evaluation", "compute.processes"}


def test_problems_of_parameters_come_first_and_all_at_once(tmp_path):
    found = train.check({"data": {"root": str(tmp_path / "none")}, "epochs": 0, "epoch": 1})
    assert len(found) == 2
    assert "`epochs = 0`" in found[0]
    assert "The nearest known is `epochs`" in found[1]


def test_problems_of_data_are_told(tmp_path):
    (found,) = train.check({"data": {"root": str(tmp_path / "none")}})
    assert "should exist" in found
    write_phantom(tmp_path / "two", 2, seed=0, size=(16, 16, 16), spacing_mm=(9, 9, 9), raters=1)
    (found,) = train.check({"data": {"root": str(tmp_path / "two")}})
    assert "at least 3 patients. Found 2" in found
    assert train.check({"data": {"root": str(tmp_path / "two"), "blocks": 2}}) == []


def test_data_are_looked_at_once_for_many_points(root, monkeypatch):
    looks = []

    def check_cases(*_arguments):
        looks.append(1)
        return []

    segmentation._check_data.cache_clear()
    monkeypatch.setattr(passed_checks, "check_cases", check_cases)
    for width in (0.5, 1.0, 4.0):
        train.check({"data": {"root": str(root), "cache": "memory"}, "fuzzy": {"width_mm": width}})
    assert len(looks) == 1
    segmentation._check_data.cache_clear()


def test_what_is_remembered_of_a_relative_root_is_not_told_of_another_folder(
    root, tmp_path, monkeypatch
):
    params = {"data": {"root": root.name}, "device": "cpu"}
    monkeypatch.chdir(root.parent)
    assert train.check(params) == []
    assert train.describe(params)["n_train"] == 2
    monkeypatch.chdir(tmp_path)
    (found,) = train.check(params)
    assert f"Data folder {tmp_path / root.name} should exist" in found
    with pytest.raises(DataError):
        train.describe(params)


def test_facts_name_the_data_and_the_split(root):
    params = {"data": {"root": str(root)}, "device": "cpu"}
    facts = train.describe(params)
    assert (facts["n_train"], facts["n_validation"], facts["n_test"]) == (2, 1, 1)
    assert facts["data_name"] == root.name
    assert facts["device"] == "cpu"
    assert facts["precision"] in {"float32", "bfloat16"}
    other = train.describe({"data": {"root": str(root), "split_seed": 1}, "device": "cpu"})
    assert other["data_digest"] == facts["data_digest"]
    assert other["split_digest"] != facts["split_digest"]
    with pytest.raises(ParameterError):
        train.describe({})
