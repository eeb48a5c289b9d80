"""What the benchmark of distances promises: it runs anywhere, is fair, and says what it lacks."""

import subprocess

import nibabel as nib
import numpy as np
import pytest
import torch
from scipy import ndimage


@pytest.fixture(scope="module")
def script(load_benchmark):
    return load_benchmark("distance")


@pytest.fixture
def _same_threads_afterwards():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_same_threads_afterwards")
def test_the_quick_mode_writes_a_table_of_all_that_is_there(script, tmp_path, capsys):
    out = tmp_path / "table.md"
    script.main(tmp_path, repeats=2, out=out, quick=True, install=False)
    table = out.read_text()
    assert table in capsys.readouterr().out
    for program in ("trainables", "scipy", "MONAI"):
        for threads in (1, 2):
            assert f"| phantom | {threads} | {program} |" in table
    assert "edt could not be had" in table
    assert "nothing of speed" in table


def test_where_edt_cannot_be_installed_it_says_so_and_goes_on(script, monkeypatch, capsys):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    with script.edt_package(install=True) as edt:
        assert edt is None
    assert "cannot be had" in capsys.readouterr().out
    assert "--target" in commands[0]  # never into the environment


@pytest.mark.usefixtures("_same_threads_afterwards")
def test_everyone_computes_the_distances_of_both_sides_of_every_region(script):
    generator = np.random.default_rng(0)
    masks = generator.random((3, 9, 8, 7)) > 0.8
    programs = script.make_programs(None)
    for mask, pair in zip(masks, np.split(np.array(programs["scipy"](masks, 1)), 3), strict=True):
        inside, outside = (
            ndimage.distance_transform_edt(side, sampling=(1, 1, 3)) for side in (mask, ~mask)
        )
        np.testing.assert_allclose(pair, [inside, outside])
    inside, outside = programs["MONAI"](masks, 1)
    signed = np.where(masks, inside - 0.5, 0.5 - outside).clip(-8, 8)
    np.testing.assert_allclose(programs["trainables"](masks, 1), signed, atol=1e-5)
    assert script.largest_error(masks) < 1e-5


def test_ratios_are_of_neighbours_in_time(script):
    result = script.Result("v", 1, {"trainables": [1.0, 2.0], "scipy": [50.0, 60.0]})
    assert result.ratios("scipy") == [50.0, 30.0]
    assert script.verdict("scipy", 40, [result]).endswith("reached (worst x40.0).")
    assert "NOT reached" in script.verdict("scipy", 41, [result])
    assert script.verdict("edt", 5, [result]) == "edt was not measured."


def test_a_larger_volume_is_cut_around_its_lesions_without_loss(script, tmp_path):
    mask = np.zeros((30, 12, 40), np.uint8)
    mask[4:6, 3, 20], mask[27, 11, 30:38] = 1, 1
    nib.save(nib.Nifti1Image(mask, np.eye(4)), tmp_path / "mask.nii.gz")
    found = script.cut_to_size(tmp_path / "mask.nii.gz", size=(26, 16, 20))
    assert found.shape == (26, 16, 20)
    offsets = np.argwhere(found) - np.argwhere(mask)
    assert (offsets == offsets[0]).all()


def test_the_three_regions_made_of_one_are_nested(script):
    mask = np.zeros((9, 9, 9), dtype=bool)
    mask[3:7, 3:7, 3:7] = True
    outer, middle, inner = script.nest(mask)
    assert (outer >= middle).all()
    assert (middle >= inner).all()
    assert inner.any()
