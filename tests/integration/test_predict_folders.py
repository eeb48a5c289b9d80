"""From phantoms through training to predictions on disk, with the real trainable."""

import json
import shutil
import sys

import nibabel as nib
import numpy as np
import pytest

from trainables import cli
from trainables.commands.run_folder import RunFolder
from trainables.data.phantom import write_phantom

pytestmark = pytest.mark.integration
SMALL = """
data: {{root: {root}}}
network: {{filters: 4, levels: 2}}
patch_size: [16, 16, 16]
epochs: 2
steps_per_epoch: 2
batch_size: 1
threads: 1
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with three cases in `data` and a network trained on them in `run`."""
    root = tmp_path_factory.mktemp("trained")
    write_phantom(root / "data", 3, seed=1, size=(28, 32, 24), spacing_mm=(5, 5, 6), raters=1)
    (root / "params.yaml").write_text(SMALL.format(root=root / "data"))
    assert call("train", root / "params.yaml", "--out", root / "run") == 0
    return root


def test_predictions_score_what_training_reported_for_the_same_network(trained, tmp_path, capsys):
    assert predict(trained, trained / "data", tmp_path) == 0
    rows = (trained / "run" / "metrics.jsonl").read_text().splitlines()
    reported = json.loads(rows[-1])
    capsys.readouterr()
    assert call("evaluate", tmp_path, trained / "data", "--json") == 0
    cases = json.loads(capsys.readouterr().out)["cases"].values()
    for part in ("", "test/"):
        wanted = {
            n: reported[part + n] for n in ("interior_error", "boundary_error", "dice", "hd95")
        }
        assert any(
            all(row[name] == pytest.approx(value) for name, value in wanted.items())
            for row in cases
        )


def test_training_that_was_interrupted_and_carried_on_gives_the_same_network(
    trained, tmp_path, monkeypatch
):
    record = RunFolder.record

    def record_and_interrupt(*arguments):
        record(*arguments)
        raise KeyboardInterrupt

    arguments = ("train", trained / "params.yaml", "--out", tmp_path / "again")
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "record", record_and_interrupt)
        assert call(*arguments) == 130
    assert len(RunFolder(tmp_path / "again").rows()) == 1
    assert call(*arguments) == 0
    for name in ("model/weights.safetensors", "model/params.json"):
        assert (tmp_path / "again" / name).read_bytes() == (trained / "run" / name).read_bytes()


def test_a_case_is_predicted_alone_and_without_its_label(trained, tmp_path):
    case = shutil.copytree(trained / "data" / "Phantom_002", tmp_path / "in" / "Phantom_002")
    for path in (*case.glob("*_seg*"), *case.glob("*_truth*")):
        path.unlink()
    assert predict(trained, case, tmp_path / "out") == 0
    assert predict(trained, trained / "data", tmp_path / "all") == 0
    for name in ("seg", "prob", "uncertainty"):
        alone, among = (
            np.asarray(nib.load(tmp_path / folder / f"Phantom_002_{name}.nii.gz").dataobj)
            for folder in ("out", "all")
        )
        assert np.array_equal(alone, among)
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_predictions_lie_on_the_grid_of_their_input_whatever_its_orientation(trained, tmp_path):
    case = shutil.copytree(trained / "data" / "Phantom_001", tmp_path / "Phantom_001")
    affine = np.array([[0, 0, 6.0, -40], [-5, 0, 0, 12], [0, 5, 0, 7], [0, 0, 0, 1]])
    for path in case.glob("*.nii.gz"):
        image = nib.load(path)
        nib.save(nib.Nifti1Image(np.asarray(image.dataobj), affine), path)
    assert predict(trained, case, tmp_path / "out") == 0
    for path in (tmp_path / "out").iterdir():
        image = nib.load(path)
        np.testing.assert_allclose(image.affine, affine)
        assert image.shape[:3] == (28, 32, 24)


def test_a_second_run_over_a_folder_predicts_only_what_is_missing(trained, tmp_path, capsys):
    assert predict(trained, trained / "data", tmp_path) == 0
    (tmp_path / "Phantom_002_seg.nii.gz").unlink()
    times = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    capsys.readouterr()
    assert predict(trained, trained / "data", tmp_path) == 0
    assert "2 of 3 cases are there" in capsys.readouterr().err
    changed = {p.name for p in tmp_path.iterdir() if p.stat().st_mtime_ns != times.get(p.name)}
    assert changed == {f"Phantom_002_{name}.nii.gz" for name in ("seg", "prob", "uncertainty")}
    assert predict(trained, trained / "data", tmp_path, "--overwrite") == 0
    assert all(p.stat().st_mtime_ns != times.get(p.name) for p in tmp_path.iterdir())


@pytest.mark.data
def test_a_real_scan_gets_a_prediction_on_its_own_grid(trained, shared_data, tmp_path):
    case = shared_data / "brats2018" / "TCGA-FG-6692"
    assert predict(trained, case, tmp_path) == 0
    source = nib.load(next(case.glob("*_t1.nii.gz")))
    for name, channels in {"seg": (), "prob": (3,), "uncertainty": ()}.items():
        image = nib.load(tmp_path / f"{case.name}_{name}.nii.gz")
        assert image.shape == source.shape + channels
        np.testing.assert_array_equal(image.affine, source.affine)
        voxels = np.asarray(image.dataobj)
        assert voxels.max() <= (4 if name == "seg" else 1)
    assert call("evaluate", tmp_path, case.parent) == 0


def predict(trained, case, out, *options):
    return call("predict", case, "--model", trained / "run" / "model", "--out", out, *options)


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
