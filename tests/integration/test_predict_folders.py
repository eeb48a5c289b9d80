"""From phantoms through training to predictions on disk, with the real trainable."""

import json
import shutil
import sys

import nibabel as nib
import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from trainables import cli
from trainables.commands import predicting
from trainables.commands.run_folder import RunFolder
from trainables.data.phantom import write_phantom

pytestmark = pytest.mark.integration
SMALL = """
data: {{root: {root}}}
network: {{filters: 4, levels: 2}}
patch_size: [16, 16, 16]
window_size: [32, 32, 32]
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


def test_predictions_score_alike_against_data_of_another_coding(trained, tmp_path, capsys):
    assert predict(trained, trained / "data", tmp_path / "out") == 0
    data = shutil.copytree(trained / "data", tmp_path / "data")
    for path in data.glob("*/*_seg.nii.gz"):
        image = nib.load(path)
        codes = np.array([0, 2, 1, 0, 3], np.uint8)[np.asarray(image.dataobj)]
        nib.save(nib.Nifti1Image(codes, image.affine), path)
    found = []
    for root, labels in ((trained / "data", "brats2018"), (data, "msd_brats")):
        capsys.readouterr()
        assert call("evaluate", tmp_path / "out", root, "--labels", labels, "--json") == 0
        found.append(json.loads(capsys.readouterr().out)["cases"])
    assert found[0] == found[1]


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
    assert len(list((tmp_path / "out").glob("*.nii.gz"))) == 3


def test_predictions_lie_on_the_grid_of_their_input_whatever_its_orientation(trained, tmp_path):
    case = shutil.copytree(trained / "data" / "Phantom_001", tmp_path / "Phantom_001")
    affine = np.array([[0, 0, 6.0, -40], [-5, 0, 0, 12], [0, 5, 0, 7], [0, 0, 0, 1]])
    for path in case.glob("*.nii.gz"):
        image = nib.load(path)
        nib.save(nib.Nifti1Image(np.asarray(image.dataobj), affine), path)
    assert predict(trained, case, tmp_path / "out") == 0
    for path in (tmp_path / "out").glob("*.nii.gz"):
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
    images = list(tmp_path.glob("*.nii.gz"))
    changed = {p.name for p in images if p.stat().st_mtime_ns != times.get(p.name)}
    assert changed == {f"Phantom_002_{name}.nii.gz" for name in ("seg", "prob", "uncertainty")}
    assert predict(trained, trained / "data", tmp_path, "--overwrite") == 0
    assert all(path.stat().st_mtime_ns != times.get(path.name) for path in images)


def test_what_changed_or_is_asked_for_besides_is_predicted_again(trained, tmp_path, capsys):
    data, out = shutil.copytree(trained / "data", tmp_path / "data"), tmp_path / "out"
    assert predict(trained, data, out, "--no-probabilities") == 0
    assert predict(trained, data, out) == 0
    assert "3 of 3 cases are predicted again" in capsys.readouterr().err
    assert len(list(out.glob("*_prob.nii.gz"))) == 3
    path = data / "Phantom_002" / "Phantom_002_t2.nii.gz"
    image = nib.load(path)
    nib.save(nib.Nifti1Image(1.5 * image.get_fdata(), image.affine, dtype=np.float32), path)
    before = (out / "Phantom_002_seg.nii.gz").stat().st_mtime_ns
    assert predict(trained, data, out) == 0
    found = capsys.readouterr().err
    assert "2 of 3 cases are there" in found
    assert "1 of 3 cases are predicted again: their scans changed" in found
    assert (out / "Phantom_002_seg.nii.gz").stat().st_mtime_ns > before
    assert predict(trained, data, out) == 0
    assert "3 of 3 cases are there" in capsys.readouterr().err


def test_an_interrupted_run_keeps_what_is_predicted_and_is_carried_on(
    trained, tmp_path, capsys, monkeypatch
):
    write, cases = predicting.write_prediction, []

    def write_and_interrupt(*arguments):
        if cases:
            raise KeyboardInterrupt
        cases.append(write(*arguments))

    with monkeypatch.context() as patch:
        patch.setattr(predicting, "write_prediction", write_and_interrupt)
        assert predict(trained, trained / "data", tmp_path) == 130
    assert "the same command carries on" in capsys.readouterr().err
    assert len(list(tmp_path.glob("*_seg.nii.gz"))) == 1
    assert predict(trained, trained / "data", tmp_path) == 0
    assert "1 of 3 cases are there" in capsys.readouterr().err


def test_a_modality_without_a_voxel_and_a_model_given_twice_are_refused(trained, tmp_path, capsys):
    case = shutil.copytree(trained / "data" / "Phantom_001", tmp_path / "Phantom_001")
    path = case / "Phantom_001_t2.nii.gz"
    image = nib.load(path)
    nib.save(nib.Nifti1Image(np.zeros(image.shape, np.float32), image.affine), path)
    assert predict(trained, case, tmp_path / "out") == 1
    assert "should have voxels other than 0 in every modality. Found none in t2" in (
        capsys.readouterr().err
    )
    assert not list((tmp_path / "out").glob("*.nii.gz"))
    model = trained / "run" / "model"
    assert predict(trained, case, tmp_path / "out", "--model", model) == 2
    assert "should name each model once" in capsys.readouterr().err


def test_a_half_written_file_of_a_killed_run_counts_for_nothing(trained, tmp_path, capsys):
    (tmp_path / ".Phantom_001_seg.new.nii.gz").write_bytes(b"half")
    (tmp_path / "Phantom_001_prob.nii.gz").write_bytes(b"half")
    assert predict(trained, trained / "data", tmp_path) == 0
    assert len(capsys.readouterr().out.split()) == 3
    assert not list(tmp_path.glob(".*"))
    assert nib.load(tmp_path / "Phantom_001_prob.nii.gz").shape == (28, 32, 24, 3)


@pytest.fixture(scope="module")
def other(trained, tmp_path_factory):
    """The trained model with other weights."""
    model = shutil.copytree(trained / "run" / "model", tmp_path_factory.mktemp("other") / "model")
    weights = load_file(model / "weights.safetensors")
    save_file({k: 1.5 * v + 0.1 for k, v in weights.items()}, model / "weights.safetensors")
    return model


def test_two_models_are_averaged_and_their_disagreement_is_a_map(trained, other, tmp_path):
    case = trained / "data" / "Phantom_002"
    assert predict(trained, case, tmp_path / "one") == 0
    assert call("predict", case, "--model", other, "--out", tmp_path / "two") == 0
    assert predict(trained, case, tmp_path / "both", "--model", other) == 0
    one, two, both = (voxels(tmp_path / n / "Phantom_002_prob") for n in ("one", "two", "both"))
    np.testing.assert_allclose(both, (one + two) / 2, atol=1e-6)
    disagreement = voxels(tmp_path / "both" / "Phantom_002_disagreement")
    np.testing.assert_allclose(disagreement, ((one - two) ** 2).max(-1), atol=1e-5)
    assert not list((tmp_path / "one").glob("*disagreement*"))


def test_a_mirrored_model_is_another_answer(trained, tmp_path, capsys):
    case = trained / "data" / "Phantom_002"
    assert predict(trained, case, tmp_path) == 0
    assert predict(trained, case, tmp_path, "--mirror") == 2
    assert "replace them by --overwrite" in capsys.readouterr().err
    plain = voxels(tmp_path / "Phantom_002_prob")
    assert predict(trained, case, tmp_path, "--mirror", "--overwrite") == 0
    assert not np.array_equal(voxels(tmp_path / "Phantom_002_prob"), plain)
    assert predict(trained, case, tmp_path, "--mirror") == 0
    assert "1 of 1 cases are there" in capsys.readouterr().err


def test_predictions_of_other_models_are_neither_kept_nor_replaced_unasked(
    trained, other, tmp_path, capsys
):
    case = trained / "data" / "Phantom_002"
    arguments = ("predict", case, "--out", tmp_path, "--device", "cpu", "--no-probabilities")
    assert predict(trained, case, tmp_path) == 0
    label = (tmp_path / "Phantom_002_seg.nii.gz").read_bytes()
    assert call(*arguments, "--model", other) == 2
    found = capsys.readouterr().err
    assert "Found 1 of others, such as Phantom_002" in found
    assert (tmp_path / "Phantom_002_seg.nii.gz").read_bytes() == label
    assert call(*arguments, "--model", other, "--overwrite") == 0
    assert (tmp_path / "Phantom_002_seg.nii.gz").read_bytes() != label
    assert not (tmp_path / "Phantom_002_prob.nii.gz").exists()
    assert len(list(tmp_path.glob("model-*.json"))) == 2


def test_a_case_that_cannot_be_read_is_reported_and_the_others_go_on(trained, tmp_path, capsys):
    data = shutil.copytree(trained / "data", tmp_path / "data")
    torn = data / "Phantom_001" / "Phantom_001_t2.nii.gz"
    torn.write_bytes(torn.read_bytes()[:5000])
    next((data / "Phantom_003").glob("*_flair*")).unlink()
    assert predict(trained, data, tmp_path / "out") == 1
    done = capsys.readouterr()
    assert done.out.split() == [str(tmp_path / "out" / "Phantom_002_seg.nii.gz")]
    assert "Phantom_001  failed: File" in done.err
    assert "modality flair is missing" in done.err
    assert {p.name[:11] for p in (tmp_path / "out").glob("*.nii.gz")} == {"Phantom_002"}


def test_modalities_that_lie_on_different_grids_are_refused(trained, tmp_path, capsys):
    case = shutil.copytree(trained / "data" / "Phantom_001", tmp_path / "Phantom_001")
    path = case / "Phantom_001_t2.nii.gz"
    image = nib.load(path)
    voxels, affine = np.asarray(image.dataobj), image.affine.copy()
    affine[0, 3] += 3
    nib.save(nib.Nifti1Image(voxels, affine), path)
    assert predict(trained, case, tmp_path / "out") == 1
    assert "should lie on one grid" in capsys.readouterr().err


@pytest.mark.data
def test_a_real_scan_gets_a_prediction_on_its_own_grid(trained, shared_data, tmp_path):
    case = shared_data / "brats2018" / "TCGA-FG-6692"
    assert predict(trained, case, tmp_path, "--no-probabilities") == 0
    source = nib.load(next(case.glob("*_t1.nii.gz")))
    for name in ("seg", "uncertainty"):
        image = nib.load(tmp_path / f"{case.name}_{name}.nii.gz")
        assert image.shape == source.shape
        np.testing.assert_array_equal(image.affine, source.affine)
        voxels = np.asarray(image.dataobj)
        assert voxels.max() <= (4 if name == "seg" else 1)
    assert call("evaluate", tmp_path, case.parent) == 0


def voxels(path):
    return nib.load(f"{path}.nii.gz").get_fdata(dtype=np.float32)


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
