"""What every layout promises; a new one is tested by being listed with a writer of its own."""

import numpy as np
import pytest
import torch
from folders import listed
from laid_out import (
    AFFINE,
    SHAPE,
    draw_scans,
    write_brats,
    write_brats2023,
    write_msd,
    write_nnunet,
    write_table,
)

from trainables.data.cases import load_case, load_image, missing_files
from trainables.data.checks import check_cases
from trainables.data.config import DataConfig
from trainables.data.datasets import list_dataset, open_dataset
from trainables.data.layouts import LAYOUTS, find_layout
from trainables.data.modalities import find_modality
from trainables.data.preparing import split_units
from trainables.errors import DataError

WRITERS = {
    "brats": (write_brats, ("Brats18_A_1", "Brats18_B_1", "Brats18_C_1"), (1, 2, 4)),
    "brats2023": (write_brats2023, ("BraTS-MET-1-000", "BraTS-MET-2-000", "Mets_005"), (1, 2, 3)),
    "msd": (write_msd, ("BRATS_001", "BRATS_002", "BRATS_010"), (1, 2, 3)),
    "nnunet": (write_nnunet, ("BRATS_001", "BRATS_002", "hippo-3"), (1, 2, 3)),
    "csv": (write_table, ("A-1", "A-2", "B-1"), (1,)),
}
"""How cases are written, their names, and the codes that their labels hold."""


@pytest.fixture(params=LAYOUTS)
def name(request):
    return request.param


@pytest.fixture
def written(name, tmp_path):
    """Three cases in the layout, below a folder of any name."""
    write, names, codes = WRITERS[name]
    scans = draw_scans(names, 4, codes)
    root = tmp_path / "any name"
    write(root, scans)
    return root, scans


def test_every_layout_is_written_here():
    assert WRITERS.keys() == LAYOUTS.keys()


def test_a_folder_in_it_is_recognised_as_it_and_as_nothing_else(name, written):
    root, _ = written
    assert [layout.name for layout in LAYOUTS.values() if layout.is_there(root)] == [name]
    assert find_layout("auto", root).name == find_layout(name, root).name == name


def test_a_folder_without_it_is_refused_by_what_it_should_hold(name, tmp_path):
    with pytest.raises(DataError) as refused:
        listed(tmp_path, layout=name)
    (problem,) = refused.value.problems
    assert problem.startswith(f"Data folder {tmp_path} should hold ")
    assert LAYOUTS[name].wanted in problem
    assert problem.endswith("Found none.")


def test_voxels_labels_and_grid_are_those_of_the_files(written):
    root, scans = written
    dataset = open_dataset(DataConfig(root=str(root)))
    assert [case.case_id for case in dataset.cases] == sorted(scan.name for scan in scans)
    by_name = {scan.name: scan for scan in scans}
    for case in dataset.cases:
        assert case.modalities == dataset.modalities
        volume, scan = load_case(case, dataset.labels), by_name[case.case_id]
        assert torch.equal(volume.image, torch.from_numpy(np.stack(scan.channels)))
        for mask, (_, codes) in zip(volume.label, dataset.labels.regions, strict=True):
            np.testing.assert_array_equal(mask.numpy(), np.isin(scan.codes, list(codes)))
        np.testing.assert_array_equal(volume.affine, AFFINE)
        assert volume.spacing_mm == (1.0, 1.0, 2.0)


def test_proposed_labels_cover_every_code_and_sound_data_have_no_problem(name, written):
    root, _ = written
    assert LAYOUTS[name].propose_labels(root).codes == (0, *WRITERS[name][2])
    assert check_cases(DataConfig(root=str(root))) == []


def test_modalities_are_chosen_in_any_order_by_any_of_their_names(written):
    root, scans = written
    chosen = list_dataset(DataConfig(root=str(root), modalities=("flair", "t1ce")))
    everything = list_dataset(DataConfig(root=str(root))).modalities
    places = [find_modality(m, everything) for m in ("flair", "t1ce")]
    first = min(scans, key=lambda scan: scan.name)
    image = load_image(chosen.cases[0]).image
    expected = np.stack([first.channels[place] for place in places])
    assert chosen.modalities == ("flair", "t1ce")
    assert torch.equal(image, torch.from_numpy(expected))
    with pytest.raises(DataError, match=r"should have the modality ct\. Found"):
        list_dataset(DataConfig(root=str(root), modalities=("ct",)))


def test_a_missing_file_is_named_by_case_modality_and_place(written):
    root, _ = written
    case = listed(root)[1]
    case.images[2].unlink()
    found = listed(root)
    assert [c.case_id for c in found] == [c.case_id for c in listed(root)]
    problems = [p for c in found for p in missing_files(c, found)]
    wanted = f"Case 2 of 3 ({case.case_id}): modality {case.modalities[2]} is missing: "
    assert f"{wanted}expected {case.images[2]}." in problems
    with pytest.raises(DataError, match="is missing: expected"):
        open_dataset(DataConfig(root=str(root)))


def test_a_case_without_a_label_is_there_to_be_predicted(name, tmp_path):
    write, names, codes = WRITERS[name]
    scans = draw_scans(names, 4, codes)
    scans[0].codes = None
    write(tmp_path, scans)
    cases = {case.case_id: case for case in open_dataset(DataConfig(root=str(tmp_path))).cases}
    assert [case.label is None for case in cases.values()].count(True) == 1
    assert load_image(cases[names[0]]).image.shape == (4, *SHAPE)


def test_what_macos_leaves_behind_is_no_image(written):
    root, _ = written
    before = listed(root)
    for path in [*root.rglob("*.nii.gz"), *root.rglob("*.nii")]:
        (path.parent / f"._{path.name}").write_bytes(b"Mac OS X")
    assert listed(root) == before


def test_a_relative_folder_is_one_below_the_working_folder(written, monkeypatch):
    root, _ = written
    monkeypatch.chdir(root.parent)
    assert [case.case_id for case in listed(root.name)] == [case.case_id for case in listed(root)]


def test_time_points_of_one_patient_never_straddle_a_split(name, tmp_path):
    visits = [f"BraTS-GLI-{patient:05d}-{visit:03d}" for patient in range(5) for visit in range(2)]
    write, _, codes = WRITERS[name]
    write(tmp_path, draw_scans(visits, 4, codes))
    cases = listed(tmp_path)
    assert {case.patient_id for case in cases} == {visit[:-4] for visit in visits}
    for seed in range(4):
        split = split_units(cases, DataConfig(root="x", split_seed=seed))
        parts = [{i[:-4] for i in part} for part in (split.train, split.validation, split.test)]
        assert sum(map(len, parts)) == 5
