"""Rubbish gets one clear message, exit code 2, no traceback, before any trial starts."""

import sys

import nibabel
import numpy as np
import pytest
import yaml
from sweeping import ZDT1

from pareto_search.cli import main
from trainables.data.phantom import write_phantom

pytestmark = pytest.mark.integration
FLOAT = {"type": "float", "low": 0, "high": 1}
SEGMENTATION = {
    "name": "seg",
    "trainable": "trainables.segmentation:train",
    "objectives": [
        {"name": "interior_error", "reference": 1.0},
        {"name": "boundary_error", "reference": 1.0},
    ],
    "space": {"fuzzy.strength": FLOAT},
    "budget": {"trials": 2},
}


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Runs a recipe that must be refused; gives back the message."""
    monkeypatch.chdir(tmp_path)

    def run(base, **changes):
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({**base, **changes}))
        monkeypatch.setattr(sys, "argv", ["pareto-search", "run", "recipe.yaml"])
        with pytest.raises(SystemExit) as ended:
            main()
        stdout, stderr = capsys.readouterr()
        assert ended.value.code == 2
        assert stdout == ""
        assert "Traceback" not in stderr
        assert not (tmp_path / "results").exists()
        return stderr

    return run


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"sercher": {}}, ["sercher", "searcher"]),
        ({"budget": {"trials": "many"}}, ["budget.trials", "whole number", "many"]),
        ({"space": {}}, ["space"]),
        ({"space": {"x0": {**FLOAT, "low": 2}}}, ["x0", "low", "2"]),
        ({"objectives": [ZDT1["objectives"][0]] * 2}, ["objectives", "f1"]),
        ({"trainable": "trainables.nothing:train"}, ["trainables.nothing"]),
        ({"trainable": "trainables.toy:zdt9"}, ["zdt9", "Did you mean `zdt"]),
        ({"space": {**ZDT1["space"], "y1": FLOAT}, "baselines": []}, ["y1"]),
    ],
    ids=[
        "unknown key, with the nearest known",
        "wrong type",
        "empty space",
        "low above high",
        "duplicate objective",
        "unknown module",
        "unknown trainable, with the nearest known",
        "a parameter that the trainable does not know",
    ],
)
def test_a_recipe_that_cannot_run_is_refused_with_what_is_wrong(refused, changes, parts):
    message = refused(ZDT1, **changes)
    assert all(part in message for part in parts), message
    assert message.count("error:") == 1


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "phantom"
    write_phantom(out, cases=12, seed=0, size=(24, 24, 24), raters=2)
    return out


@pytest.fixture
def cases(phantom, tmp_path):
    """A copy of twelve good cases, to be broken."""
    for folder in phantom.iterdir():
        (tmp_path / "phantom" / folder.name).mkdir(parents=True)
        for file in folder.glob("*.nii.gz"):
            (tmp_path / "phantom" / folder.name / file.name).write_bytes(file.read_bytes())
    return tmp_path / "phantom"


def rewrite(file, change):
    image = nibabel.load(file)
    voxels = change(np.asarray(image.dataobj))
    file.unlink()
    nibabel.Nifti1Image(voxels, image.affine).to_filename(file)


def with_nan(voxels):
    voxels = voxels.astype(np.float32)
    voxels[1, 1, 1] = np.nan
    return voxels


def missing_folder(cases):
    cases.rename(cases.with_name("elsewhere"))


def other_shape(cases):
    rewrite(cases / "Phantom_003" / "Phantom_003_seg.nii.gz", lambda v: v[:-1])


def missing_modality(cases):
    (cases / "Phantom_007" / "Phantom_007_t2.nii.gz").unlink()


def unknown_label(cases):
    rewrite(
        cases / "Phantom_002" / "Phantom_002_seg.nii.gz",
        lambda v: np.where(v == 4, 9, v).astype(v.dtype),
    )


def nan_voxels(cases):
    rewrite(cases / "Phantom_005" / "Phantom_005_flair.nii.gz", with_nan)


def unreadable(cases):
    (cases / "Phantom_004" / "Phantom_004_t1.nii.gz").write_bytes(b"no image at all")


@pytest.mark.parametrize(
    ("breaks", "parts"),
    [
        (missing_folder, ["phantom", "should exist"]),
        (other_shape, ["Phantom_003", "(23, 24, 24)", "(24, 24, 24)"]),
        (missing_modality, ["7 of 12", "Phantom_007", "t2"]),
        (unknown_label, ["Phantom_002", "9"]),
        (nan_voxels, ["Phantom_005", "flair", "1"]),
        (unreadable, ["Phantom_004_t1"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_data_that_cannot_be_trained_on_are_refused_naming_the_case(refused, cases, breaks, parts):
    breaks(cases)
    message = refused({**SEGMENTATION, "params": {"data": {"root": str(cases)}, "epochs": 1}})
    assert all(part in message for part in parts), message
    assert message.count("error:") == 1
