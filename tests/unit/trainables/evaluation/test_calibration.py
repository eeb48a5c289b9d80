"""Calibration against scikit-learn, a loop over bins, and probabilities known to be honest."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from trainables.evaluation.calibration import BINS, brier_score, calibration_error

SEEDS = st.integers(0, 2**31)


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_brier_score_is_that_of_scikit_learn(seed):
    p, y = draw(seed)
    assert brier_score(p, y) == pytest.approx(brier_score_loss(y, p, labels=[0, 1]))


@settings(deadline=None, max_examples=50)
@given(SEEDS, st.integers(1, 20))
def test_calibration_error_is_the_weighted_gap_of_every_bin(seed, bins):
    p, y = draw(seed)
    wanted, edges = 0.0, np.arange(bins + 1) / bins
    for low, high in itertools.pairwise(edges):
        inside = (p >= low) & ((p < high) | (high == 1))
        if inside.any():
            wanted += inside.sum() * abs(p[inside].mean() - y[inside].mean())
    assert calibration_error(p, y, bins) == pytest.approx(wanted / len(p))


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_calibration_error_is_that_of_scikit_learns_curve(seed):
    p, y = draw(seed, size=300)
    said, true = calibration_curve(y, p, n_bins=BINS)[::-1]
    counts = np.histogram(p, bins=np.linspace(0, 1, BINS + 1))[0]
    wanted = np.average(np.abs(said - true), weights=counts[counts > 0])
    assert calibration_error(p, y) == pytest.approx(wanted)


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_the_order_of_voxels_changes_nothing(seed):
    p, y = draw(seed)
    order = np.random.default_rng(seed).permutation(len(p))
    assert calibration_error(p[order], y[order]) == pytest.approx(calibration_error(p, y))
    assert brier_score(p[order], y[order]) == pytest.approx(brier_score(p, y))


def test_a_certain_and_right_answer_costs_nothing_and_a_wrong_one_everything():
    y = np.array([True, False, True])
    for measure in (brier_score, calibration_error):
        assert measure(y.astype(np.float32), y) == 0.0
        assert measure(np.ones(3), np.zeros(3)) == 1.0
        assert measure(np.array([]), np.array([])) == 0.0


def test_honest_probabilities_have_a_smaller_calibration_error_than_overconfident_ones():
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    y = rng.random(20_000) < p
    assert calibration_error(p, y) < 0.02
    assert calibration_error(np.round(p), y) == pytest.approx(0.25, abs=0.02)


def test_a_target_may_be_the_vote_of_several_raters():
    vote = np.array([0.0, 0.25, 0.75, 1.0])
    assert brier_score(vote, vote) == calibration_error(vote, vote) == 0.0


def draw(seed, size=40):
    rng = np.random.default_rng(seed)
    return rng.random(size), rng.random(size) < 0.5
