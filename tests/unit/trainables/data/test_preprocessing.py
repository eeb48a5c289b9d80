"""What preprocessing promises: units of deviation, distances of the whole volume, no mixing."""

import shutil

import nibabel as nib
import numpy as np
import pytest
import torch
from folders import cases_of

from trainables.boxes import box_around
from trainables.compact import to_steps
from trainables.data.cases import load_case
from trainables.data.config import DataConfig
from trainables.data.geometry import to_working_grid
from trainables.data.labels import LABEL_MAPS
from trainables.data.phantom import write_phantom
from trainables.data.preparing import prepare_cases, split_units
from trainables.data.preprocessing import (
    BLOCK_MARGIN_MM,
    Recipe,
    foreground_box,
    normalise,
    prepare,
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


def test_a_label_outside_the_head_is_kept(root, tmp_path):
    (source,) = cases_of(root)[:1]
    folder = shutil.copytree(source.images[0].parent, tmp_path / source.case_id)
    stored = nib.load(folder / source.label.name)
    codes = np.asarray(stored.dataobj).copy()
    assert all(nib.load(path).get_fdata()[:2, :2, :2].max() == 0 for path in source.images)
    codes[:2, :2, :2] = 4
    nib.save(nib.Nifti1Image(codes, stored.affine), folder / source.label.name)
    (case,) = cases_of(tmp_path)
    (unit,) = prepare(recipe_of(case))
    volume, _ = to_working_grid(load_case(case, LABELS))
    assert torch.equal(unit.label.sum((1, 2, 3)), volume.label.sum((1, 2, 3)))
    assert unit.image.shape[1:] == unit.label.shape[1:] == unit.phi.shape[1:]


def test_distances_are_those_of_the_whole_volume(root, prepared):
    cases = {case.case_id: case for case in cases_of(root)}
    for case in every_case(prepared):
        volume, _ = to_working_grid(load_case(cases[case.case_id], LABELS))
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


def test_blocks_put_together_are_the_lesions_box_of_the_whole_volume(root):
    config = DataConfig(root=str(root), blocks=3)
    data = prepare_cases(config)
    for source in cases_of(root):
        volume, _ = to_working_grid(load_case(source, LABELS))
        box = box_around(volume.label.any(dim=0), volume.spacing_mm, BLOCK_MARGIN_MM)
        phi = to_steps(signed_distance(volume.label, volume.spacing_mm))[(slice(None), *box)]
        blocks = [b for b in every_case(data) if b.case_id.startswith(source.case_id + "/")]
        blocks.sort(key=lambda block: block.case_id)
        longest = max((1, 2, 3), key=lambda axis: phi.shape[axis])
        assert len(blocks) == 3
        assert torch.equal(torch.cat([block.phi for block in blocks], longest), phi)
    assert data.split == split_units(cases_of(root), config)


def test_cases_lie_along_right_anterior_and_superior_however_they_are_stored(root, tmp_path):
    (case,) = cases_of(root)[:1]
    turned = tmp_path / case.case_id
    turned.mkdir()
    for path in (*case.images, case.label):
        image = nib.load(path)
        nib.save(image.as_reoriented(axes_of("PSR")), turned / path.name)
    (same,) = cases_of(tmp_path)
    (first,), (second,) = prepare(recipe_of(case)), prepare(recipe_of(same))
    for name in ("image", "label", "phi", "depth"):
        assert torch.equal(getattr(first, name), getattr(second, name))
    assert first.spacing_mm == second.spacing_mm


def axes_of(codes):
    """What takes a volume along RAS+ to `codes`."""
    return nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt("RAS"), nib.orientations.axcodes2ornt(codes)
    )


def recipe_of(case, spacing_mm=None, image_type="float32"):
    return Recipe(case, LABELS, spacing_mm, image_type, blocks=1)


def test_a_spacing_is_that_of_images_labels_distances_and_points(root):
    (case,) = cases_of(root)[:1]
    (unit,) = prepare(recipe_of(case, spacing_mm=(6.0, 5.0, 4.0)))
    assert unit.spacing_mm == pytest.approx((6.0, 5.0, 4.0))
    assert unit.image.shape[1:] == unit.label.shape[1:] == unit.depth.shape[1:]
    assert torch.equal(unit.phi > 0, unit.label)
    for region, points in zip(unit.label, unit.points.regions, strict=True):
        assert torch.equal(region.nonzero(), points.long())


def test_half_precision_errs_by_less_than_a_part_in_two_thousand(root):
    (case,) = cases_of(root)[:1]
    (whole,), (half,) = prepare(recipe_of(case)), prepare(recipe_of(case, image_type="float16"))
    assert half.image.dtype == torch.float16
    error = (half.image.float() - whole.image).abs()
    assert 0 < error.max() <= whole.image.abs().max() / 2048
    assert torch.equal(half.phi, whole.phi)


def test_threads_change_no_bit(root):
    (case,) = cases_of(root)[:1]
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found += prepare(recipe_of(case))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found[0].image, found[1].image)
    assert torch.equal(found[0].depth, found[1].depth)


def test_more_blocks_than_voxels_are_refused(root):
    with pytest.raises(DataError, match=r"lower `data\.blocks`"):
        prepare_cases(DataConfig(root=str(root), blocks=64))
