"""What `trainables check` prints: facts as a table and as JSON, findings on stderr."""

import json

import pytest
from laid_out import draw_scans, write_brats, write_msd, write_table


@pytest.fixture
def root(tmp_path):
    write_brats(tmp_path, draw_scans(["A", "B", "C"], 4, (1, 2, 4)))
    return tmp_path


def test_json_tells_each_case_and_all_of_them_together(run, root):
    told = json.loads(run("check", root, "--json").out)
    facts = told["facts"]
    assert told["ok"] is True
    assert told["problems"] == told["warnings"] == []
    assert facts["modalities"] == ["t1", "t1ce", "t2", "flair"]
    assert facts["labels"] == {"WT": [1, 2, 4], "TC": [1, 4], "ET": [4]}
    assert facts["orientations"] == {"LPS": 3}
    assert facts["codes"] == {"0": 573, "1": 18, "2": 18, "4": 21}
    assert facts["empty_regions"] == {"WT": 0, "TC": 0, "ET": 0}
    assert [row["num_lesions"] for row in facts["lesions"]] == [6, 9, 6]
    assert facts["proposals"]["spacing_mm"] == [1, 1, 2]
    assert facts["proposals"]["patch_size"] == [32, 32, 32]
    assert [case["case_id"] for case in told["cases"]] == ["A", "B", "C"]
    assert told["cases"][0]["lesions"]["ET"] == [1, 6]
    assert told["cases"][0]["shape"] == [7, 6, 5]


def test_the_table_tells_the_same(run, root):
    printed = run("check", root).out
    for fact in (
        "t1, t1ce, t2, flair",
        "7 x 6 x 5",
        "1 x 1 x 2 mm",
        "LPS (3)",
        "WT [1, 2, 4]; TC [1, 4]; ET [4]",
        "0: 573, 1: 18, 2: 18, 4: 21",
        "1 to 18",
        "data.preprocessing.spacing_mm [1, 1, 2], patch_size [32, 32, 32], fuzzy.width_mm 1.26",
        "no problems found",
    ):
        assert fact in printed


def test_every_case_is_counted_on_stderr_as_it_is_done(run, root):
    assert run("check", root).err.splitlines() == ["A checked", "B checked", "C checked"]


def test_labels_are_those_of_the_option(run, root):
    done = run("check", root, "--labels", "tumour=1,2,4;rim=4", "--json")
    assert json.loads(done.out)["facts"]["labels"] == {"tumour": [1, 2, 4], "rim": [4]}
    assert run("check", root, "--labels", "tumour=1").code == 1
    assert run("check", root, "--labels", "tumour=x").code == 2


def test_a_folder_in_two_layouts_is_checked_in_the_one_that_is_named(run, root):
    write_table(root, draw_scans(["D"], 4, (1,), seed=5))
    done = run("check", root)
    assert done.code == 1
    assert "Found brats and csv" in done.err
    told = json.loads(run("check", root, "--layout", "csv", "--json").out)
    assert [case["case_id"] for case in told["cases"]] == ["D"]


def test_files_of_several_modalities_are_checked_modality_by_modality(run, tmp_path):
    scans = draw_scans(["BRATS_001", "BRATS_002"], 4, (1, 2, 3))
    scans[1].channels[3][:] = 0
    write_msd(tmp_path, scans)
    done = run("check", tmp_path)
    assert done.code == 1
    assert "Case 2 of 2 (BRATS_002): modality T2w is zero everywhere" in done.err
