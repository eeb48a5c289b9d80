"""What a table of paths says, and what is said where it cannot be used."""

import pytest
from folders import cases_of, listed
from laid_out import draw_scans, write_table

from trainables.data.cases import load_case
from trainables.data.checks import check_cases
from trainables.data.config import DataConfig
from trainables.data.datasets import open_dataset
from trainables.errors import DataError


@pytest.fixture
def root(tmp_path):
    write_table(tmp_path, draw_scans(["A-1", "A-2", "B-1"], 4, (1,)))
    return tmp_path


def rewrite(root, old, new):
    file = root / "cases.csv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def problems_of(root):
    with pytest.raises(DataError) as refused:
        listed(root)
    return refused.value.problems


def test_patients_raters_and_modalities_are_those_of_the_columns(root):
    first, second, third = cases_of(root)
    assert (first.patient_id, second.patient_id, third.patient_id) == ("A", "A", "B")
    assert first.modalities == ("t1", "t1post", "t2", "flair")
    assert first.raters == (root / "masks" / "A-1.nii",)
    assert first.truth is None


def test_a_table_of_any_name_is_data_too(root):
    (root / "cases.csv").rename(root / "other.CSV")
    assert [case.case_id for case in cases_of(root / "other.CSV")] == ["A-1", "A-2", "B-1"]


def test_tables_as_spreadsheets_write_them_are_read(root):
    file = root / "cases.csv"
    text = file.read_text().replace(",", ";").replace("case;", "Case;")
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\r\n")
    assert [case.case_id for case in cases_of(root)] == ["A-1", "A-2", "B-1"]


def test_a_table_without_cases_or_modalities_is_told_its_columns(root):
    rewrite(root, "case,", "name,")
    (problem,) = problems_of(root)
    assert problem.endswith(
        "should have a column `case`. Found name, patient, t1, t1post, t2, flair, label, rater_1."
    )
    (root / "cases.csv").write_text("case,label\nA,a.nii\n")
    (problem,) = problems_of(root)
    assert "should have a column for each modality, such as `t1`. Found case, label." in problem
    (root / "cases.csv").write_text("case,t1,t1\nA,a.nii,b.nii\n")
    assert problems_of(root)[0].endswith("should name each column once. Found case, t1, t1.")
    (root / "cases.csv").write_text("case,t1,label\n")
    assert problems_of(root) == (f"Folder {root} should hold a case. Found none.",)
    (root / "cases.csv").write_text("")
    assert any("Found none." in problem for problem in problems_of(root))


def test_an_empty_cell_and_a_short_line_are_told_by_their_line(root):
    rewrite(root, "scans/A-2/t2.nii.gz", "")
    (problem,) = problems_of(root)
    assert problem == f"Line 3 of {root / 'cases.csv'} should fill the column t2. Found it empty."
    (root / "cases.csv").write_text("case,t1\nA\n")
    assert problems_of(root)[0].endswith("should have 2 columns, as its first line has. Found 1.")


def test_a_path_that_leads_nowhere_is_named(root):
    rewrite(root, "scans/A-2/t2.nii.gz", "scans/typo.nii.gz")
    (problem,) = check_cases(DataConfig(root=str(root)))
    path = root / "scans" / "typo.nii.gz"
    assert problem == f"Case 2 of 3 (A-2): modality t2 is missing: expected {path}."


def test_a_case_in_two_lines_is_refused(root):
    rewrite(root, "A-2,", "A-1,")
    (problem,) = problems_of(root)
    assert problem.startswith("Case A-1 should be there once. Found it 2 times")


@pytest.mark.data
def test_lesions_of_multiple_sclerosis_are_read_from_a_table(shared_data, tmp_path):
    roles = ("t1", "t1post", "t2", "flair", "consensus_seg")
    lines = ["case,t1,t1post,t2,flair,label"] + [
        ",".join([name, *(str(shared_data / "ms" / name / f"{role}.nii.gz") for role in roles)])
        for name in ("patient07", "patient26")
    ]
    (tmp_path / "ms.csv").write_text("\n".join(lines))
    dataset = open_dataset(DataConfig(root=str(tmp_path / "ms.csv")))
    assert dataset.labels.names == ("lesion",)
    counts = [int(load_case(case, dataset.labels).label.sum()) for case in dataset.cases]
    assert counts == [1300, 8227]  # as the data's own description counts them
