"""One region of any name, two modalities of a table: trained, predicted and evaluated."""

import csv
import json
import sys

import nibabel as nib
import numpy as np
import pytest
from laid_out import save

from trainables import cli
from trainables.data.phantom import write_phantom

pytestmark = pytest.mark.integration
SETTINGS = """
data: {{root: {root}, modalities: [t1post, flair]}}
network: {{filters: 4, levels: 2}}
patch_size: [16, 16, 16]
epochs: 1
steps_per_epoch: 2
batch_size: 1
threads: 1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Phantoms, a table `data/cases.csv` of their scans and of masks of code 1, and a network."""
    root = tmp_path_factory.mktemp("single")
    write_phantom(root / "brats", 3, seed=1, size=(28, 32, 24), spacing_mm=(5, 5, 6), raters=1)
    rows = [["case", "flair", "t1post", "t1", "label"]]
    for case in sorted((root / "brats").iterdir()):
        stem = f"../brats/{case.name}/{case.name}"
        seg = nib.load(case / f"{case.name}_seg.nii.gz")
        mask = (np.asarray(seg.dataobj) > 0).astype(np.float64)
        save(mask, root / "data" / f"{case.name}.nii.gz", seg.affine)
        scans = [f"{stem}_{role}.nii.gz" for role in ("flair", "t1ce", "t1")]
        rows.append([case.name, *scans, f"{case.name}.nii.gz"])
    with (root / "data" / "cases.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    (root / "params.yaml").write_text(SETTINGS.format(root=root / "data" / "cases.csv"))
    assert call("train", root / "params.yaml", "--out", root / "run") == 0
    return root


def test_the_data_have_no_problem(folder, capsys):
    assert call("check", folder / "data", "--json") == 0
    found = json.loads(capsys.readouterr().out)["facts"]
    assert found["labels"] == {"lesion": [1]}
    assert [row["region"] for row in found["lesions"]] == ["lesion"]


def test_the_model_knows_its_channels_and_its_code(folder):
    content = json.loads((folder / "run" / "model" / "params.json").read_text())
    assert content["modalities"] == ["t1post", "flair"]
    assert content["labels"] == {"lesion": [1]}


def test_it_predicts_any_layout_that_has_its_modalities_under_any_name(folder, tmp_path):
    for name, root in (("table", folder / "data"), ("folders", folder / "brats")):
        assert predict(folder, root, tmp_path / name) == 0
    for case in ("Phantom_001", "Phantom_002", "Phantom_003"):
        one, other = (
            np.asarray(nib.load(tmp_path / name / f"{case}_seg.nii.gz").dataobj)
            for name in ("table", "folders")
        )
        assert set(np.unique(one)) <= {0, 1}
        np.testing.assert_array_equal(one, other)


def test_its_predictions_are_evaluated_against_the_table(folder, tmp_path, capsys):
    assert predict(folder, folder / "data", tmp_path) == 0
    capsys.readouterr()
    assert call("evaluate", tmp_path, folder / "data", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert len(result["cases"]) == 3
    assert 0 <= result["mean"]["dice/lesion"] <= 1


def predict(folder, data, out):
    return call("predict", data, "--model", folder / "run" / "model", "--out", out)


def call(*arguments):
    """The exit code of the command, run in this process."""
    before, sys.argv = sys.argv, ["trainables", *map(str, arguments)]
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code or 0
    finally:
        sys.argv = before
    return 0
