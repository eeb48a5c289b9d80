"""What preprocessing promises: units of deviation, distances of the whole volume, no mixing."""

import pytest
import torch
from folders import cases_of

from trainables.boxes import box_around
from trainables.compact import to_steps
from trainables.data.cases import load_case
from trainables.data.config import DataConfig
from trainables.data.labels import LABEL_MAPS
from trainables.data.phantom import write_phantom
from trainables.data.preprocessing import (
    BLOCK_MARGIN_MM,
    foreground_box,
    normalise,
    prepare_cases,
    split_units,
)
from trainables.distance import signed_distance
from trainables.errors import DataError

LABELS = LABEL_MAPS["brats2018"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(folder, 4, seed=0, size=(28, 28, 24), spacing_mm=(5.0, 5.0, 6.0), raters=1)
    return folder


@pytest.fixture(scope="module")
def prepared(root):
    return prepare_cases(DataConfig(root=str(root)))


def every_case(data):
    return [*data.train, *data.validation, *data.test]


def test_intensities_have_mean_0_and_deviation_1_inside_the_mask():
    image = torch.randn(2, 6, 5, 4) * 7 - 3  # negative voxels belong to the mask
    image[:, :2] = 0
    found = normalise(image)
    assert torch.equal(found == 0, image == 0)
    for channel, source in zip(found, image, strict=True):
        inside = channel[source != 0].double()
        assert inside.mean().item() == pytest.approx(0, abs=1e-6)
        assert inside.std(correction=0).item() == pytest.approx(1, abs=1e-6)


def test_a_modality_without_contrast_stays_finite():
    assert torch.equal(normalise(torch.full((1, 2, 2, 2), 5.0)), torch.zeros(1, 2, 2, 2))
    assert torch.equal(normalise(torch.zeros(1, 2, 2, 2)), torch.zeros(1, 2, 2, 2))


def test_the_foreground_box_holds_every_voxel_and_touches_the_outermost():
    image = torch.zeros(2, 9, 9, 9)
    image[0, 2, 3, 4], image[1, 5, 3, 7] = -1.0, 2.0
    assert foreground_box(image) == (slice(2, 6), slice(3, 4), slice(4, 8))
    assert foreground_box(torch.zeros(1, 3, 4, 5)) == (slice(0, 3), slice(0, 4), slice(0, 5))


def test_distances_are_those_of_the_whole_volume(root, prepared):
    cases = {case.case_id: case for case in cases_of(root)}
    for case in every_case(prepared):
        volume = load_case(cases[case.case_id], LABELS)
        box = (slice(None), *foreground_box(volume.image))
        whole = to_steps(signed_distance(volume.label, volume.spacing_mm))
        assert torch.equal(case.phi, whole[box])
        assert torch.equal(case.label, volume.label[box])
        assert torch.equal(case.phi > 0, case.label)
        assert case.image.shape[1:] == case.depth.shape[1:] == case.label.shape[1:]


def test_parts_are_disjoint_and_together_everything(root, prepared):
    ids = [case.case_id for case in every_case(prepared)]
    assert sorted(ids) == [case.case_id for case in cases_of(root)]
    assert prepared.regions == ("WT", "TC", "ET")
    assert prepared.is_nested


def test_a_process_prepares_once(root, prepared):
    assert prepare_cases(DataConfig(root=str(root))) is prepared


def test_a_relative_root_is_the_folder_it_means_at_the_time(root, tmp_path, monkeypatch):
    relative = DataConfig(root="data")
    for number in (1, 2):
        place = tmp_path / str(number)
        place.mkdir()
        (place / "data").symlink_to(root)
        monkeypatch.chdir(place)
        first = prepare_cases(relative)
        assert prepare_cases(relative) is first
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="should exist"):
        prepare_cases(relative)


def test_a_cache_of_distances_changes_nothing_and_holds_every_case(root, tmp_path):
    folder = tmp_path / "distances"
    for blocks in (1, 3):  # other cuts of the same volumes: the same entries
        config = DataConfig(root=str(root), blocks=blocks)
        kept = prepare_cases(config.model_copy(update={"distance_cache": str(folder)}))
        fresh = prepare_cases(config)
        for one, other in zip(every_case(kept), every_case(fresh), strict=True):
            assert torch.equal(one.phi, other.phi)
            assert torch.equal(one.depth, other.depth)
        assert len(list(folder.iterdir())) == len(cases_of(root))


def test_a_relative_cache_lies_below_the_working_folder(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare_cases(DataConfig(root=str(root), distance_cache="distances"))
    assert len(list((tmp_path / "distances").iterdir())) == len(cases_of(root))


def test_blocks_put_together_are_the_lesions_box_of_the_whole_volume(root):
    config = DataConfig(root=str(root), blocks=3)
    data = prepare_cases(config)
    for source in cases_of(root):
        volume = load_case(source, LABELS)
        box = box_around(volume.label.any(dim=0), volume.spacing_mm, BLOCK_MARGIN_MM)
        phi = to_steps(signed_distance(volume.label, volume.spacing_mm))[(slice(None), *box)]
        blocks = [b for b in every_case(data) if b.case_id.startswith(source.case_id + "/")]
        blocks.sort(key=lambda block: block.case_id)
        longest = max((1, 2, 3), key=lambda axis: phi.shape[axis])
        assert len(blocks) == 3
        assert torch.equal(torch.cat([block.phi for block in blocks], longest), phi)
    assert data.split == split_units(cases_of(root), config)


def test_more_blocks_than_voxels_are_refused(root):
    with pytest.raises(DataError, match=r"lower `data\.blocks`"):
        prepare_cases(DataConfig(root=str(root), blocks=64))
