"""Agreement with raters: who agrees with whom, the ceiling, and what a perfect map is worth."""

from dataclasses import replace
from itertools import combinations

import nibabel as nib
import numpy as np
import pytest

from trainables.data.config import DataConfig
from trainables.data.datasets import list_dataset
from trainables.data.labels import LABEL_MAPS
from trainables.evaluation import EvaluationConfig
from trainables.reporting.pairing import pair_cases
from trainables.reporting.predictions import find_predictions
from trainables.reporting.raters import rater_name, report_raters, summarise_raters
from trainables.reporting.reading import Coding

CODING = Coding(LABEL_MAPS["brats2018"], LABEL_MAPS["brats2018"])
CONFIG = EvaluationConfig(band_mm=6.0)  # the phantoms' voxels are 5 mm wide
CODES = {"WT": [1, 2, 4], "TC": [1, 4], "ET": [4]}
RATERS = [f"rater-{n}" for n in range(1, 5)]


def test_a_copy_of_one_rater_agrees_with_that_rater_and_with_the_others_as_it_does(
    second_rater, dataset, rated
):
    for case_id, report in reports_of(second_rater, dataset).items():
        drawn = read_raters(rated / case_id)
        assert list(report.with_each) == RATERS
        assert set(report.with_each["rater-2"].values()) == {1.0}
        for name in RATERS:
            wanted = dice_by_hand(drawn["rater-2"], drawn[name], "WT")
            assert report.with_each[name]["dice/WT"] == pytest.approx(wanted)


def test_the_ceiling_is_the_mean_over_all_pairs_of_raters(second_rater, dataset, rated):
    for case_id, report in reports_of(second_rater, dataset).items():
        drawn = read_raters(rated / case_id)
        pairs = [dice_by_hand(a, b, "TC") for a, b in combinations(drawn.values(), 2)]
        assert len(pairs) == 6
        assert report.among["dice/TC"] == pytest.approx(np.mean(pairs))
        assert report.among["dice"] == pytest.approx(
            np.mean([report.among[f"dice/{region}"] for region in CODES])
        )


def test_the_raters_own_mean_vote_is_calibrated_and_its_spread_finds_their_disagreement(
    second_rater, dataset
):
    for report in reports_of(second_rater, dataset).values():
        assert report.calibration == pytest.approx({"brier": 0.0, "ece": 0.0}, abs=1e-6)
        assert report.uncertainty.auroc == pytest.approx(1.0)
        assert report.uncertainty.spearman == pytest.approx(1.0)


def test_uncertainty_comes_from_the_probabilities_where_there_is_no_map(second_rater, dataset):
    with_map = reports_of(second_rater, dataset)
    for path in second_rater.glob("*_uncertainty.nii.gz"):
        path.unlink()
    for case_id, report in reports_of(second_rater, dataset).items():
        assert report.uncertainty.auroc == pytest.approx(with_map[case_id].uncertainty.auroc)
    for path in second_rater.glob("*_prob.nii.gz"):
        path.unlink()
    for report in reports_of(second_rater, dataset).values():
        assert report.uncertainty is None
        assert report.calibration is None


def test_a_case_of_fewer_than_two_raters_has_no_report(second_rater, dataset):
    for pair in pair_cases(find_predictions(second_rater), dataset).pairs.values():
        alone = replace(pair, case=replace(pair.case, raters=pair.case.raters[:1]))
        assert report_raters(alone, CODING, CONFIG) is None


def test_the_summary_is_the_mean_over_cases_and_counts_where_the_ceiling_is_not_reached(
    second_rater, dataset
):
    reports = list(reports_of(second_rater, dataset).values())
    summary = summarise_raters(reports)
    assert summary.num_cases == 2
    assert summary.with_each["rater-1"]["nsd"] == pytest.approx(
        np.mean([report.with_each["rater-1"]["nsd"] for report in reports])
    )
    with_all = [np.mean([r.with_each[name]["dice"] for name in RATERS]) for r in reports]
    assert summary.with_all["dice"] == pytest.approx(np.mean(with_all))
    assert summary.num_below == sum(
        mean < report.among["dice"] for mean, report in zip(with_all, reports, strict=True)
    )
    assert summary.auroc == pytest.approx(1.0)


@pytest.mark.data
def test_the_fusion_of_five_real_algorithms_agrees_with_them_more_than_they_with_each_other(
    shared_data, tmp_path
):
    (case,) = (shared_data / "brats2018").iterdir()
    (tmp_path / f"{case.name}.nii.gz").symlink_to(case / f"{case.name}_seg.nii.gz")
    (report,) = reports_of(
        tmp_path, list_dataset(DataConfig(root=str(shared_data / "brats2018")))
    ).values()
    assert len(report.with_each) == 5
    with_all = np.mean([found["dice"] for found in report.with_each.values()])
    assert 0.9 < report.among["dice"] < with_all < 1.0


def reports_of(folder, dataset):
    pairs = pair_cases(find_predictions(folder), dataset).pairs
    return {i: report_raters(pair, CODING, CONFIG) for i, pair in pairs.items()}


def read_raters(case):
    paths = sorted((case / "raters").iterdir())
    return {rater_name(path): np.asarray(nib.load(path).dataobj) for path in paths}


def dice_by_hand(a, b, region):
    x, y = (np.isin(codes, CODES[region]) for codes in (a, b))
    size = x.sum() + y.sum()
    return 2 * (x & y).sum() / size if size else 1.0
