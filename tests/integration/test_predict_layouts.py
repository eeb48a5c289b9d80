"""An exported model predicts cases of every layout, by pointing at a folder, a case or a table."""

import sys

import laid_out
import nibabel as nib
import numpy as np
import pytest
from safetensors.torch import save_file

from trainables import cli
from trainables.bundle import write_bundle
from trainables.checkpoint import WEIGHTS, save_channels
from trainables.config import load_train_config
from trainables.data.labels import find_label_map
from trainables.networks import make_network

pytestmark = pytest.mark.integration
NAMES = ("A-1", "A-2")
LAYOUTS = {
    "brats": laid_out.write_brats,
    "brats2023": laid_out.write_brats2023,
    "msd": laid_out.write_msd,
    "nnunet": laid_out.write_nnunet,
    "csv": laid_out.write_table,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained network as a bundle."""
    folder = tmp_path_factory.mktemp("model")
    config = load_train_config(
        {
            "data": {"root": "nowhere"},
            "network": {"filters": 2, "levels": 2},
            "patch_size": [8, 8, 8],
        }
    )
    network = make_network(config.network, 4, 3)
    save_file(network.state_dict(), folder / WEIGHTS)
    save_channels(folder, ("t1", "t1ce", "t2", "flair"), find_label_map("brats2018"))
    write_bundle(folder, config, folder / "bundle")
    return folder / "bundle"


@pytest.fixture(params=LAYOUTS)
def data(request, tmp_path):
    """Two cases without labels; the folder that says which layout it has."""
    scans = laid_out.draw_scans(NAMES, 4, (1, 2, 3))
    for scan in scans:
        scan.codes = None if request.param in ("brats", "brats2023", "csv") else scan.codes
    LAYOUTS[request.param](tmp_path / "data", scans)
    return tmp_path / "data"


def test_every_layout_is_predicted_on_its_own_grid(model, data, tmp_path, capsys):
    assert predict(data, model, tmp_path / "out") == 0
    labels = capsys.readouterr().out.split()
    assert labels == [str(tmp_path / "out" / f"{name}_seg.nii.gz") for name in NAMES]
    for path in labels:
        image = nib.load(path)
        assert image.shape == laid_out.SHAPE
        np.testing.assert_array_equal(image.affine, laid_out.AFFINE)


def test_the_folder_of_one_case_and_a_table_are_enough(model, tmp_path):
    scans = laid_out.draw_scans(NAMES, 4, (1, 2, 3))
    laid_out.write_brats2023(tmp_path / "brats", scans)
    laid_out.write_table(tmp_path / "table", scans)
    for case, names in {"brats/A-2": ["A-2"], "table/cases.csv": list(NAMES)}.items():
        out = tmp_path / "out" / names[0]
        assert predict(tmp_path / case, model, out) == 0
        assert sorted(path.name[:3] for path in out.glob("*_seg.nii.gz")) == names


@pytest.mark.parametrize("name", ["../A", "site/A", ".A"])
def test_an_id_that_would_lead_out_of_the_folder_or_hide_its_file_is_refused(
    model, tmp_path, capsys, name
):
    laid_out.write_table(tmp_path / "data", laid_out.draw_scans(["A-1"], 4, (1,)))
    table = tmp_path / "data" / "cases.csv"
    table.write_text(table.read_text().replace("A-1,A,", f"{name},A,"))
    assert predict(tmp_path / "data", model, tmp_path / "out") == 2
    assert "should have an id that can begin a file's name" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_two_layouts_is_predicted_as_the_one_that_is_asked_for(model, tmp_path, capsys):
    scans = laid_out.draw_scans(NAMES, 4, (1, 2, 3))
    laid_out.write_brats(tmp_path / "data", scans)
    laid_out.write_table(tmp_path / "data", scans)
    assert predict(tmp_path / "data", model, tmp_path / "out") == 2
    assert "should be laid out in one way" in capsys.readouterr().err
    assert predict(tmp_path / "data", model, tmp_path / "out", "--layout", "csv") == 0


def test_a_modality_that_the_data_lack_is_named(model, tmp_path, capsys):
    laid_out.write_table(tmp_path, laid_out.draw_scans(NAMES, 4, (1, 2, 3)))
    table = tmp_path / "cases.csv"
    table.write_text(table.read_text().replace(",flair,", ",swi,"))
    assert predict(tmp_path, model, tmp_path / "out") == 1
    assert "Case A-1: The data should have the modality flair" in capsys.readouterr().err


def predict(case, model, out, *options):
    """The exit code of the command, run in this process."""
    before = sys.argv
    arguments = ("predict", case, "--model", model, "--out", out, *options)
    sys.argv = ["trainables", *map(str, arguments)]
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code or 0
    finally:
        sys.argv = before
    return 0
