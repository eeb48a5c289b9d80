"""What each command prints where, and how every kind of ending ends the process."""

import csv
import io
import json
import shutil
import sys

import nibabel as nib
import numpy as np
import pytest

from trainables import cli

CASES = ("Phantom_001", "Phantom_002", "Phantom_003")


@pytest.fixture
def predictions(data, tmp_path):
    """The labels of two cases, as if they were predictions."""
    for case in CASES[:2]:
        shutil.copy(data / case / f"{case}_seg.nii.gz", tmp_path / f"{case}_seg.nii.gz")
    return tmp_path


def test_phantom_prints_the_folders_it_wrote_and_says_progress_on_stderr(run, tmp_path):
    done = run("phantom", tmp_path / "new", "--cases", 2, "--size", 20, 20, 20, "--raters", 1)
    assert done.code == 0
    assert done.out.split() == [str(tmp_path / "new" / case) for case in CASES[:2]]
    assert "case 2/2 written" in done.err


def test_phantom_refuses_a_number_out_of_range(run, tmp_path):
    done = run("phantom", tmp_path, "--cases", 0)
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: Parameter `cases` should be at least 1. Found `cases = 0`.\n"


def test_phantom_refuses_a_folder_with_files_unless_told_to_overwrite(run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    small = ("--cases", 1, "--size", 16, 16, 16, "--raters", 1)
    done = run("phantom", tmp_path, *small)
    assert (done.code, done.out, done.err.count("error:")) == (2, "", 1)
    assert f"Folder {tmp_path} should be empty" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    for _ in range(2):
        assert run("phantom", tmp_path, *small, "--overwrite").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", CASES[0]}


@pytest.mark.parametrize("place", ["mine.py", "mine.py/x", "mine.py/x/y", "link"])
def test_a_folder_to_write_to_that_is_a_file_or_below_one_is_refused(
    run, data, params, tmp_path, place
):
    (tmp_path / "mine.py").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    out = tmp_path / place
    for arguments in (
        ("phantom", out),
        ("phantom", out, "--overwrite"),
        ("predict", data, "--model", tmp_path, "--out", out),
        ("train", params, "--out", out),
    ):
        done = run(*arguments)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
        assert f"error: Folder {out} should be a folder or one that can be made" in done.err
    assert (tmp_path / "mine.py").read_text() == "mine"


def test_check_states_the_facts_of_sound_data(run, data):
    done = run("check", data)
    assert done.code == 0
    for fact in ("3 (3 with a label)", "24 x 28 x 20", "6 x 6 x 8 mm", "no problems found"):
        assert fact in done.out
    facts = json.loads(run("check", data, "--json").out)
    assert facts["ok"] is True
    assert facts["facts"]["shapes"] == [{"shape": [24, 28, 20], "cases": 3}]


def test_check_names_every_problem_and_ends_with_1(run, data, tmp_path):
    broken = shutil.copytree(data, tmp_path / "broken")
    (broken / CASES[0] / f"{CASES[0]}_t2.nii.gz").unlink()
    (broken / CASES[1] / f"{CASES[1]}_seg.nii.gz").unlink()
    done = run("check", broken)
    assert done.code == 1
    assert "t2 is missing" in done.err
    assert "the label is missing" in done.err
    assert "2 problems found" in done.err
    as_json = json.loads(run("check", broken, "--json").out)
    assert as_json["ok"] is False
    assert len(as_json["problems"]) == 2


def test_check_warns_of_codes_that_seem_to_mean_something_else(run, data, tmp_path):
    swapped = shutil.copytree(data, tmp_path / "swapped")
    for path in swapped.glob("*/*_seg.nii.gz"):
        image = nib.load(path)
        codes = np.array([0, 4, 2, 0, 1], np.uint8)[np.asarray(image.dataobj)]
        nib.save(nib.Nifti1Image(codes, image.affine), path)
    done = run("check", swapped)
    assert done.code == 0
    assert "warning: Mean t1ce inside ET should exceed" in done.err
    assert "is {'WT': [1, 2, 4], 'TC': [1, 4], 'ET': [4]} what their codes mean?" in done.err
    (warning,) = json.loads(run("check", swapped, "--json").out)["warnings"]
    assert warning in done.err
    assert json.loads(run("check", data, "--json").out)["warnings"] == []


def test_check_of_files_side_by_side_says_the_layout_once(run, data, tmp_path):
    for path in data.glob("*/*.nii.gz"):
        shutil.copy(path, tmp_path / path.name)
    done = run("check", tmp_path)
    assert done.code == 1
    assert done.err.count("problem: ") == 1
    assert "one folder per case: CASE/CASE_t1.nii.gz" in done.err


def test_evaluate_finds_no_error_in_the_label_itself(run, data, predictions):
    done = run("evaluate", predictions, data, "--json")
    result = json.loads(done.out)
    assert done.code == 0
    assert set(result["cases"]) == set(CASES[:2])
    assert result["mean"]["interior_error"] == result["mean"]["boundary_error"] == 0.0
    assert "1 of 3 cases have no prediction" in done.err
    assert "mean" in run("evaluate", predictions, data).out


def test_evaluate_prints_one_csv_row_a_case_with_every_metric(run, data, predictions):
    rows = list(csv.DictReader(io.StringIO(run("evaluate", predictions, data, "--csv").out)))
    assert [row["case"] for row in rows] == list(CASES[:2])
    assert all(float(row["boundary_error/ET"]) == 0.0 for row in rows)


def test_evaluate_compares_with_the_truth_when_asked(run, data, predictions, tmp_path):
    emptied = shutil.copytree(data, tmp_path / "emptied")
    truth = emptied / CASES[0] / f"{CASES[0]}_truth.nii.gz"
    image = nib.load(truth)
    nib.save(nib.Nifti1Image(np.zeros(image.shape, np.uint8), image.affine), truth)
    for against, dice in (("truth", 0.0), ("seg", 1.0)):
        done = run("evaluate", predictions, emptied, "--json", "--against", against)
        assert json.loads(done.out)["cases"][CASES[0]]["dice/WT"] == dice


def test_evaluate_refuses_a_prediction_of_an_unknown_case(run, data, predictions):
    (predictions / f"{CASES[0]}_seg.nii.gz").rename(predictions / "Other_seg.nii.gz")
    done = run("evaluate", predictions, data)
    assert done.code == 2
    assert "should have a case Other with a label" in done.err


def test_evaluate_refuses_a_prediction_on_another_grid(run, data, predictions):
    path = predictions / f"{CASES[0]}_seg.nii.gz"
    image = nib.load(path)
    moved = image.affine + np.diag([0, 0, 0, 0.0])
    moved[0, 3] += 5
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), moved), path)
    done = run("evaluate", predictions, data)
    assert done.code == 2
    assert "should lie on the grid of" in done.err


def test_evaluate_refuses_two_forms_at_once(run, data, predictions):
    done = run("evaluate", predictions, data, "--json", "--csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: Options --csv and --json exclude each other.")


def test_evaluate_refuses_a_band_without_width(run, data, predictions):
    done = run("evaluate", predictions, data, "--band-mm", "-1")
    assert done.code == 2
    assert "`band_mm = -1.0`" in done.err


def test_predict_refuses_what_is_no_model_and_what_is_no_case(run, data, tmp_path):
    done = run("predict", data, "--model", tmp_path, "--out", tmp_path / "out")
    assert done.code == 2
    assert "should hold an exported model" in done.err
    (tmp_path / "empty").mkdir()
    done = run("predict", tmp_path / "empty", "--model", tmp_path, "--out", tmp_path / "out")
    assert done.code == 2
    assert "should hold one folder per case" in done.err


def test_wrong_usage_ends_with_2(run):
    assert run("train").code == 2
    assert run("check", "a", "--no-such-option").code == 2
    assert run("evaluate", "a", "b", "--against", "nonsense").code == 2


def test_an_unexpected_error_is_one_message_and_its_traceback_only_with_debug(
    run, data, monkeypatch
):
    from trainables.commands import checking

    def fail(*_):
        raise RuntimeError("surprise")

    monkeypatch.setattr(checking, "check_dataset", fail)
    done = run("check", data)
    assert done.code == 1
    assert "unexpected RuntimeError: surprise" in done.err
    monkeypatch.setattr(sys, "argv", ["trainables", "--debug", "check", str(data)])
    with pytest.raises(RuntimeError, match="surprise"):
        cli.main()
