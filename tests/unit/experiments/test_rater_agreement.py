import importlib
import math
from itertools import permutations

import pytest
import torch

from trainables.components import component_depth
from trainables.distance import signed_distance
from trainables.fuzzy import FuzzyConfig, fuzzy_label

SPACING = (1.0, 1.0, 2.0)


@pytest.fixture
def study(monkeypatch, repository):
    """The script experiments/rater_agreement.py, as a module."""
    monkeypatch.syspath_prepend(str(repository / "experiments"))
    return importlib.import_module("rater_agreement")


def balls(radii):
    """One rater each: nested WT, TC, ET around a common centre, (R, 3, X, Y, Z)."""
    axes = [torch.arange(n) * step for n, step in zip((30, 28, 14), SPACING, strict=True)]
    x, y, z = torch.meshgrid(*axes, indexing="ij")
    distance = ((x - 14) ** 2 + (y - 13) ** 2 + (z - 13) ** 2).sqrt()
    return torch.stack(
        [torch.stack([distance < r * part for part in (1, 0.7, 0.4)]) for r in radii]
    )


def test_the_score_is_the_mean_over_ordered_pairs_of_raters_near_any_interface(study):
    masks = balls([6.0, 7.0, 8.5])
    found = study.brier(study.outlines(masks, SPACING), "target, hesitation 0.5", 1.5)
    phi = torch.stack([signed_distance(mask, SPACING) for mask in masks])
    near = (phi.abs() < study.NEAR_MM).any(0)
    pairs = []
    for one, other in permutations(range(3), 2):
        depth = component_depth(masks[one], phi[one], SPACING)
        parts = (masks[one][None], phi[one][None], depth[None], SPACING)
        q = fuzzy_label(*parts, FuzzyConfig(hesitation=0.5), nested=True).target[0]
        error = (q - masks[other].float()).square()
        pairs.append([float(error[c][near[c]].mean()) for c in range(3)])
    expected = torch.tensor(pairs).view(3, 2, 3).mean(1).double()
    torch.testing.assert_close(torch.from_numpy(found), expected, atol=1e-6, rtol=0)


def test_a_crisp_label_scores_the_part_of_voxels_where_raters_differ(study):
    masks = balls([6.0, 8.0])
    patient = study.outlines(masks, SPACING)
    found = study.brier(patient, "membership, smoothstep", 0.0)
    expected = [
        int((masks[0, c] ^ masks[1, c]).sum()) / int(patient.near[c].sum()) for c in (0, 1, 2)
    ]
    for row in found:
        assert row.tolist() == pytest.approx(expected)


def test_the_calibrated_membership_scores_what_it_is_said_to(study):
    patient = study.outlines(balls([6.0, 7.0, 8.5]), SPACING)
    table = study.calibration(patient)
    counts, _, hits = table
    bins = ((patient.phi + study.NEAR_MM) / study.BIN_MM).floor().long()
    bins = bins.clamp(max=counts.shape[1] - 1)
    for c, near in enumerate(patient.near):
        q = torch.from_numpy(hits[c] / counts[c].clip(1))[bins[:, c][:, near]]
        m = patient.others[:, c][:, near]
        score = (q.square() - 2 * q * m + m).mean()
        assert study.least_brier(table)[c] == pytest.approx(float(score), abs=1e-9)


def test_the_quick_study_writes_a_table_and_a_figure(study, tmp_path):
    study.main(data=tmp_path, out=tmp_path / "out", phantoms=2, quick=True)
    text = (tmp_path / "out" / "rater_agreement.md").read_text()
    (row,) = (line for line in text.splitlines() if line.startswith("| 1.5 |"))
    relative = [float(cell.split()[0]) for cell in row.strip("| ").split("|")[1:]]
    assert len(relative) == len(study.REGIONS) + 1
    assert all(math.isfinite(part) and 0.5 < part < 1 for part in relative)
    assert (tmp_path / "out" / "rater_agreement.png").read_bytes().startswith(b"\x89PNG")


def test_without_the_scans_the_study_says_where_they_should_be(study, tmp_path):
    with pytest.raises(study.typer.BadParameter, match="`--data` should hold brats2018"):
        study.main(data=tmp_path, out=tmp_path / "out", phantoms=2, quick=False)
    assert not (tmp_path / "out").exists()
