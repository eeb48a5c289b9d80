"""Which prediction meets which reference, what is missing, and what lies on another grid."""

import shutil

import nibabel as nib
import numpy as np
import pytest

from trainables.data.labels import LABEL_MAPS, LabelMap
from trainables.errors import DataError, ParameterError
from trainables.evaluation import EvaluationConfig
from trainables.reporting.pairing import pair_cases
from trainables.reporting.predictions import find_predictions
from trainables.reporting.reading import Coding, load_pair
from trainables.reporting.scoring import Yardstick, for_each_pair, score_pair

CODING = Coding(LABEL_MAPS["brats2018"], LABEL_MAPS["brats2018"])
FIRST, SECOND = "Phantom_001", "Phantom_002"


def test_a_case_without_a_prediction_is_named_and_left_out_or_scored_as_empty(
    second_rater, dataset
):
    (second_rater / f"{SECOND}_seg.nii.gz").unlink()
    found = find_predictions(second_rater)
    skipped = pair_cases(found, dataset)
    assert (list(skipped.pairs), skipped.missing) == ([FIRST], (SECOND,))
    worst = pair_cases(found, dataset, missing="worst")
    assert (list(worst.pairs), worst.missing) == ([FIRST, SECOND], (SECOND,))
    row = score_pair(worst.pairs[SECOND], Yardstick(CODING, EvaluationConfig()))
    assert row["dice/WT"] == row["lesion_f1/WT"] == 0.0
    assert row["hd95/WT"] == 374.0


def test_a_prediction_of_no_case_is_refused_with_a_way_out(second_rater, dataset):
    (second_rater / f"{FIRST}_seg.nii.gz").rename(second_rater / f"{FIRST}_x_seg.nii.gz")
    with pytest.raises(DataError, match=r"should have a case Phantom_001_x .* --suffix"):
        pair_cases(find_predictions(second_rater), dataset)


def test_truth_takes_the_place_of_the_label_when_asked(second_rater, dataset, rated):
    pairs = pair_cases(find_predictions(second_rater), dataset, against="truth").pairs
    assert pairs[FIRST].reference == rated / FIRST / f"{FIRST}_truth.nii.gz"


def test_codes_of_another_coding_give_the_same_regions(second_rater, dataset):
    before = load(second_rater, dataset, CODING)
    path = second_rater / f"{FIRST}_seg.nii.gz"
    rewrite(path, lambda codes: np.array([0, 1, 2, 0, 3], np.uint8)[codes])
    after = load(second_rater, dataset, Coding(CODING.reference, LABEL_MAPS["brats2023"]))
    assert np.array_equal(before.prediction, after.prediction)
    with pytest.raises(DataError, match=r"should hold only the codes \[0, 1, 2, 4\]"):
        load(second_rater, dataset, CODING)


def test_codings_of_other_regions_are_refused():
    with pytest.raises(ParameterError, match="should have the regions of the data, WT, TC, ET"):
        Coding(CODING.reference, LabelMap.of({"lesion": {1}}))


@pytest.mark.parametrize("name", ["seg", "prob", "uncertainty"])
def test_a_file_on_another_grid_is_refused_and_its_distance_said(second_rater, dataset, name):
    path = second_rater / f"{FIRST}_{name}.nii.gz"
    image = nib.load(path)
    moved = image.affine.copy()
    moved[0, 3] += 5
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), moved), path)
    with pytest.raises(DataError, match=r"should lie on the grid of .* differ by up to 5"):
        load(second_rater, dataset, CODING)


@pytest.mark.parametrize("value", [1.5, -0.5, np.nan])
def test_a_map_that_holds_no_probabilities_is_refused(second_rater, dataset, value):
    rewrite(second_rater / f"{FIRST}_prob.nii.gz", lambda p: np.full_like(p, value))
    with pytest.raises(DataError, match="should hold values from 0 to 1"):
        load(second_rater, dataset, CODING)


def test_probabilities_of_another_number_of_regions_are_refused(second_rater, dataset):
    rewrite(second_rater / f"{FIRST}_prob.nii.gz", lambda p: p[..., :2])
    with pytest.raises(DataError, match=r"should have 3 regions on their last axis. Found 2"):
        load(second_rater, dataset, CODING)


def test_any_number_of_workers_gives_the_same_rows_in_the_same_order(second_rater, dataset):
    pairs = pair_cases(find_predictions(second_rater), dataset).pairs
    done = []

    def score(pair):
        return score_pair(pair, Yardstick(CODING, EvaluationConfig()))

    alone, side_by_side = (
        for_each_pair(score, pairs, workers, done.append) for workers in (1, None)
    )
    assert alone == side_by_side
    assert list(alone) == list(side_by_side) == [FIRST, SECOND]
    assert sorted(done) == [FIRST, FIRST, SECOND, SECOND]


def test_an_error_in_one_case_ends_the_others(second_rater, dataset):
    pairs = pair_cases(find_predictions(second_rater), dataset).pairs
    shutil.copy(second_rater / f"{FIRST}_prob.nii.gz", second_rater / f"{SECOND}_seg.nii.gz")
    with pytest.raises(DataError, match="should have 3 axes"):
        for_each_pair(lambda pair: load_pair(pair, CODING), pairs, 2, lambda _: None)


def load(folder, dataset, coding):
    return load_pair(pair_cases(find_predictions(folder), dataset).pairs[FIRST], coding)


def rewrite(path, change):
    image = nib.load(path)
    nib.save(nib.Nifti1Image(change(np.asarray(image.dataobj)), image.affine), path)
