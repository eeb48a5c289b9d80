"""Which layout a folder has, and what is said where that cannot be told."""

import pytest
from folders import listed
from laid_out import draw_scans, write_brats, write_msd, write_nnunet, write_table

from trainables.data.layouts import find_layout
from trainables.errors import DataError


def test_a_folder_of_nothing_known_is_told_every_layout_and_what_was_found(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "scan.nii.gz").touch()
    with pytest.raises(DataError) as refused:
        find_layout("auto", tmp_path)
    (problem,) = refused.value.problems
    for layout in ("(brats)", "(brats2023)", "(msd)", "(nnunet)", "(csv)"):
        assert layout in problem
    assert problem.endswith(
        "Found 1 image file directly in it and 2 folders without such files (one, two)."
    )


@pytest.mark.parametrize("layout", ["auto", "nnunet"])
def test_a_folder_around_data_sets_is_told_which_may_be_meant(tmp_path, layout):
    for name in ("Dataset101_X", "Dataset102_Y"):
        write_nnunet(tmp_path / name, draw_scans(["A"], 4, (1, 2, 3)))
    (tmp_path / "Another").mkdir()
    with pytest.raises(DataError) as refused:
        listed(tmp_path, layout=layout)
    (problem,) = refused.value.problems
    one, other = tmp_path / "Dataset101_X", tmp_path / "Dataset102_Y"
    assert problem.endswith(f"did you mean {one} or {other}?")
    assert len(problem) < 120 + 3 * len(str(one))


@pytest.mark.parametrize("place", ["scan.nii.gz", "one/scan.nii", "one/deep/scan.nii.gz"])
def test_where_there_are_images_the_table_for_any_naming_is_told_first(tmp_path, place):
    (tmp_path / "one" / "deep").mkdir(parents=True)
    (tmp_path / "scan.txt").touch()
    first = "should hold a table cases.csv with the columns case, label and one for each modality"
    with pytest.raises(DataError) as refused:
        find_layout("auto", tmp_path)
    assert first not in str(refused.value)
    (tmp_path / place).touch()
    with pytest.raises(DataError, match=f"{first} .csv., which takes files of any names; or "):
        find_layout("auto", tmp_path)


def test_a_folder_in_two_layouts_is_refused_unless_one_is_named(tmp_path):
    write_brats(tmp_path, draw_scans(["A"], 4, (1, 2, 4)))
    write_table(tmp_path, draw_scans(["B"], 4, (1,)))
    with pytest.raises(DataError, match=r"Found brats and csv: say which by `data\.layout`"):
        listed(tmp_path)
    assert [case.case_id for case in listed(tmp_path, layout="csv")] == ["B"]


def test_a_folder_in_another_layout_than_was_named_is_refused(tmp_path):
    write_msd(tmp_path, draw_scans(["A"], 4, (1, 2, 3)))
    with pytest.raises(DataError, match=r"one folder per case: CASE/CASE_t1\.nii\.gz"):
        listed(tmp_path, layout="brats")
