"""Predictions of any tool are found by their names, and every doubt about them is an error."""

import pytest

from trainables.errors import DataError
from trainables.reporting.predictions import find_predictions


@pytest.mark.parametrize("ending", ["_seg.nii.gz", "-seg.nii.gz", ".nii.gz", "_seg.nii", ".nii"])
def test_labels_are_found_under_the_names_of_common_tools(tmp_path, ending):
    put(tmp_path, f"BraTS_001{ending}", f"BraTS-002{ending}", "plans.json", f".hidden{ending}")
    found = find_predictions(tmp_path)
    assert {i: p.label.name for i, p in found.items()} == {
        "BraTS_001": f"BraTS_001{ending}",
        "BraTS-002": f"BraTS-002{ending}",
    }


def test_maps_belong_to_their_label_and_are_none_themselves(tmp_path):
    maps = ("A_prob.nii.gz", "A_uncertainty.nii.gz", "A_disagreement.nii.gz")
    put(tmp_path, "A.nii.gz", *maps, "B.nii.gz")
    found = find_predictions(tmp_path)
    assert set(found) == {"A", "B"}
    assert found["A"].probability == tmp_path / "A_prob.nii.gz"
    assert found["A"].uncertainty == tmp_path / "A_uncertainty.nii.gz"
    assert found["B"].probability is None


def test_any_other_ending_is_named_and_then_nothing_else_counts(tmp_path):
    put(tmp_path, "A_pred.nii.gz", "A_seg.nii.gz", "B_pred.nii.gz")
    found = find_predictions(tmp_path, "_pred.nii.gz")
    assert [p.label.name for p in found.values()] == ["A_pred.nii.gz", "B_pred.nii.gz"]
    assert list(found) == ["A", "B"]


def test_two_labels_of_one_case_are_refused_and_both_named(tmp_path):
    put(tmp_path, "A.nii.gz", "A_seg.nii.gz")
    with pytest.raises(DataError, match=r"Found A\.nii\.gz, A_seg\.nii\.gz: choose with --suffix"):
        find_predictions(tmp_path)


def test_a_folder_without_predictions_or_no_folder_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(DataError, match=r"should hold predictions, files CASE_seg\.nii\.gz.*--suf"):
        find_predictions(tmp_path)
    with pytest.raises(DataError, match="should exist"):
        find_predictions(tmp_path / "none")


def put(folder, *names):
    for name in names:
        (folder / name).touch()
