"""Uncertainty against disagreement: SciPy and scikit-learn as oracles, and what is undefined."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from trainables.reporting.disagreement import area_under_curve, match_uncertainty


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**31))
def test_area_under_the_curve_is_that_of_scikit_learn_with_ties(seed):
    rng = np.random.default_rng(seed)
    scores, positive = rng.integers(0, 6, 30) / 6, rng.random(30) < 0.4
    positive[:2] = True, False
    assert area_under_curve(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_disagreement_is_the_largest_variance_of_the_votes_over_regions():
    rng = np.random.default_rng(0)
    votes, uncertainty = rng.integers(0, 5, (3, 200)) / 4, rng.random(200)
    spread = np.max(4 * votes * (1 - votes), axis=0)
    match = match_uncertainty(uncertainty, votes)
    assert match.spearman == pytest.approx(stats.spearmanr(uncertainty, spread).statistic)
    assert match.auroc == pytest.approx(roc_auc_score(spread > 0, uncertainty))


def test_uncertainty_that_is_the_disagreement_matches_perfectly_and_its_opposite_not_at_all():
    votes = np.array([[0.0, 0.25, 0.5, 1.0, 0.75]])
    spread = (4 * votes * (1 - votes))[0]
    match, opposite = match_uncertainty(spread, votes), match_uncertainty(1 - spread, votes)
    assert (match.spearman, match.auroc) == pytest.approx((1.0, 1.0))
    assert (opposite.spearman, opposite.auroc) == pytest.approx((-1.0, 0.0))


def test_only_the_order_of_uncertainty_counts():
    rng = np.random.default_rng(1)
    votes, uncertainty = rng.integers(0, 5, (1, 50)) / 4, rng.random(50)
    there, again = (match_uncertainty(u, votes) for u in (uncertainty, np.exp(5 * uncertainty)))
    assert there.spearman == pytest.approx(again.spearman)
    assert there.auroc == pytest.approx(again.auroc)


def test_what_never_varies_has_no_rank_and_no_curve():
    agreed, split = np.ones((1, 4)), np.full((1, 4), 0.5)
    for votes in (agreed, split):
        match = match_uncertainty(np.arange(4.0), votes)
        assert match.spearman is None
        assert match.auroc is None
    assert match_uncertainty(np.ones(2), np.array([[0.5, 1.0]])).spearman is None
