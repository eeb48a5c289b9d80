"""How releases of BraTS from 2023 on, and of metastases, lie on disk."""

import pytest
from folders import cases_of, listed
from laid_out import draw_scans, write_brats2023, write_folders

from trainables.errors import DataError

ROLES = ("t1n", "t1c", "t2w", "t2f")
GLI = "ASNR-MICCAI-BraTS2023-GLI-Challenge-TrainingData"
METS = "PKG - Pretreat-MetsToBrain-Masks/Pretreat-MetsToBrain-Masks"


@pytest.mark.parametrize("part", [GLI, METS, f"raw/{GLI}/{GLI}", "."])
def test_a_release_is_found_from_the_folder_it_was_unpacked_to(tmp_path, part):
    names = ["BraTS-MET-00001-000", "BraTS-MET-00002-000"]
    write_brats2023(tmp_path / part, draw_scans(names, 4, (1, 2, 3)))
    (tmp_path / "__MACOSX" / "BraTS-MET-00009-000").mkdir(parents=True)
    assert [case.case_id for case in cases_of(tmp_path)] == names


def test_a_site_of_its_own_beside_cases_of_others_is_looked_into(tmp_path):
    names = ["BraTS-MET-00001-000", "UCSD - Training/BraTS-MET-01001-000", "Mets_005"]
    write_brats2023(tmp_path, draw_scans(names, 4, (1, 2, 3)))
    found = [case.case_id for case in cases_of(tmp_path)]
    assert found == ["BraTS-MET-00001-000", "BraTS-MET-01001-000", "Mets_005"]


def test_the_folder_of_one_case_is_data_of_one_case(tmp_path, monkeypatch):
    write_brats2023(tmp_path, draw_scans(["_M_005", "Mets_006"], 4, (1, 2, 3)))
    assert [case.case_id for case in cases_of(tmp_path / "_M_005")] == ["_M_005"]
    monkeypatch.chdir(tmp_path / "Mets_006")
    assert [case.case_id for case in cases_of(".")] == ["Mets_006"]


@pytest.mark.parametrize("joint", ["-", "_", "."])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nii"])
def test_separators_case_and_compression_may_differ(tmp_path, joint, suffix):
    scans = draw_scans(["Mets_005"], 4, (1, 2, 3))
    write_folders(tmp_path, scans, joint, ("T1N", "t1c", "T2w", "t2f"), suffix)
    (case,) = cases_of(tmp_path)
    assert case.modalities == ROLES
    assert case.label is not None


def test_modalities_of_other_names_are_found_where_their_own_are_not(tmp_path):
    scans = draw_scans(["HPTU-001"], 4, (1, 2, 3))
    write_folders(tmp_path, scans, "-", ("t1n", "t1c", "t2", "flair"))
    (case,) = cases_of(tmp_path)
    assert case.modalities == ROLES
    assert [path.name[9:] for path in case.images] == [
        f"{role}.nii.gz" for role in ("t1n", "t1c", "t2", "flair")
    ]


def test_a_case_at_two_sites_is_refused_with_both_places(tmp_path):
    write_brats2023(tmp_path, draw_scans(["A/BraTS-MET-1-000", "B/BraTS-MET-1-000"], 4, (1, 2, 3)))
    with pytest.raises(DataError) as refused:
        cases_of(tmp_path)
    (problem,) = refused.value.problems
    assert problem.startswith("Case BraTS-MET-1-000 should be there once. Found it 2 times: ")
    for site in "AB":
        assert str(tmp_path / site / "BraTS-MET-1-000" / "BraTS-MET-1-000-t1n.nii.gz") in problem


def test_a_folder_beside_cases_without_files_is_a_case_that_lacks_them(tmp_path):
    write_brats2023(tmp_path, draw_scans(["BraTS-MET-1-000"], 4, (1, 2, 3)))
    (tmp_path / "BraTS-MET-2-000").mkdir()
    assert [case.case_id for case in listed(tmp_path)] == ["BraTS-MET-1-000", "BraTS-MET-2-000"]
    with pytest.raises(DataError, match=r"BraTS-MET-2-000\): modality t1n is missing"):
        cases_of(tmp_path)
