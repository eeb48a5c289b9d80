"""What `score_case` adds: volumes, calibration in the band, and that all of it is finite."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from trainables.evaluation import EvaluationConfig, evaluate_case
from trainables.evaluation.measures import CALIBRATION, MEASURES, measure_of
from trainables.evaluation.scores import score_case

ONE_MM = (1.0, 1.0, 1.0)
SPACINGS = st.sampled_from([ONE_MM, (1.0, 1.0, 3.0), (0.5, 2.0, 1.3)])
SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=6)


@settings(deadline=None, max_examples=60)
@given(st.data(), SPACINGS)
def test_every_measure_is_finite_whatever_is_empty_or_full(data, spacing_mm):
    shape = (2, *data.draw(SHAPES))
    masks = st.one_of(hnp.arrays(bool, shape), st.booleans().map(lambda b: np.full(shape, b)))
    prediction, reference = data.draw(masks), data.draw(masks)
    probability = np.random.default_rng(0).random(shape, dtype=np.float32)
    scores = score_case(prediction, reference, spacing_mm, None, "ab", probability)
    assert set(scores) == {*MEASURES, *(f"{m}/{r}" for m in MEASURES for r in "ab")}
    for key, value in scores.items():
        low = -np.inf if measure_of(key).better == "none" else 0.0
        assert low <= value <= (374.0 if measure_of(key).unit else 1.0)


@settings(deadline=None, max_examples=40)
@given(st.data(), SPACINGS)
def test_what_training_reports_is_part_of_it_unchanged(data, spacing_mm):
    shape = (1, *data.draw(SHAPES))
    prediction, reference = (data.draw(hnp.arrays(bool, shape)) for _ in range(2))
    config = EvaluationConfig(band_mm=1.0, tolerance_mm=0.5)
    basic = evaluate_case(prediction, reference, spacing_mm, config, ["a"])
    assert basic.items() <= score_case(prediction, reference, spacing_mm, config, ["a"]).items()


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_flips_and_turns_change_no_score(data):
    shape = (1, *data.draw(SHAPES))
    prediction, reference = (data.draw(hnp.arrays(bool, shape)) for _ in range(2))
    probability = np.random.default_rng(1).random(shape, dtype=np.float32)
    arrays = (prediction, reference, probability)
    a, b, p = (array.transpose(0, 3, 1, 2)[:, ::-1] for array in arrays)
    before = score_case(prediction, reference, (1.0, 2.0, 3.0), None, ["a"], probability)
    assert before == pytest.approx(score_case(a, b, (3.0, 1.0, 2.0), None, ["a"], p))


def test_surface_dice_by_its_name_is_what_the_boundary_error_lacks():
    scores = score_one(ball(6), ball(5))
    assert scores["nsd"] == 1 - scores["boundary_error"]


def test_volumes_of_balls_differ_by_their_voxels():
    scores = score_one(ball(6), ball(5), spacing_mm=(1.0, 2.0, 3.0))
    more, fewer = ball(6).sum(), ball(5).sum()
    assert scores["volume_difference_ml"] == pytest.approx((more - fewer) * 6 / 1000)
    assert scores["volume_similarity"] == pytest.approx(1 - (more - fewer) / (more + fewer))


def test_calibration_looks_at_the_band_of_the_reference_alone_and_at_all_of_it():
    reference = ball(6)
    depth_mm = np.maximum(
        *(ndimage.distance_transform_edt(mask) for mask in (reference, ~reference))
    )
    band = depth_mm - 0.5 <= 2.0
    honest = np.where(band, 0.25, reference).astype(np.float32)
    noisy = np.where(band, honest, 0.7).astype(np.float32)
    wanted = np.mean((0.25 - reference[band]) ** 2)
    for probability in (honest, noisy):
        scores = score_one(reference, reference, probability=probability)
        assert scores["band_brier"] == pytest.approx(wanted)
        assert scores["band_ece"] == pytest.approx(abs(0.25 - reference[band].mean()))


def test_a_region_that_is_empty_has_no_calibration_error_unless_something_is_predicted():
    empty, some = np.zeros((2, 8, 8, 8), dtype=bool)
    some[4, 4, 4] = True
    right = score_one(empty, empty, probability=np.full(empty.shape, 0.3, np.float32))
    wrong = score_one(some, empty, probability=some.astype(np.float32))
    assert [right[name] for name in CALIBRATION] == [0.0, 0.0]
    assert [wrong[name] for name in CALIBRATION] == [1.0, 1.0]


def test_without_probabilities_there_is_no_calibration():
    assert not set(CALIBRATION) & set(score_one(ball(6), ball(5)))


def test_probabilities_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"should share one shape"):
        score_one(ball(5), ball(5), probability=np.zeros((3, 3, 3), np.float32))


def test_the_worst_of_a_measure_is_on_its_bad_side():
    assert MEASURES["dice"].worst([0.2, 0.9]) == 0.2
    assert MEASURES["hd95"].worst([2.0, 9.0]) == 9.0
    assert MEASURES["volume_difference_ml"].worst([1.0, -3.0]) == -3.0


def score_one(prediction, reference, spacing_mm=ONE_MM, probability=None):
    said = None if probability is None else probability[None]
    return score_case(prediction[None], reference[None], spacing_mm, None, ["a"], said)


def ball(radius):
    grid = np.indices((20, 20, 20)) - 10
    return (grid**2).sum(0) < radius**2
