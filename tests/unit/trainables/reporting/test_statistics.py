"""Interval, signed-rank test and correction against brute force, closed forms and SciPy."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trainables.reporting.statistics import bootstrap_interval, holm, signed_rank_p


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=8))
def test_p_of_few_cases_is_counted_over_all_signs_with_zeros_and_ties(values):
    apart = np.array(values, dtype=float)
    assert signed_rank_p(apart) == pytest.approx(signed_rank_p_by_hand(apart))


def test_p_of_many_cases_is_that_of_scipy_and_the_same_whoever_comes_first():
    apart = np.random.default_rng(0).normal(0.3, 1, 60)
    wanted = stats.wilcoxon(apart, zero_method="pratt").pvalue
    assert signed_rank_p(apart) == pytest.approx(wanted)
    assert signed_rank_p(-apart) == pytest.approx(wanted)
    assert signed_rank_p(np.zeros(9)) == 1.0


def test_five_cases_cannot_be_told_apart_and_six_can():
    assert signed_rank_p(np.arange(1.0, 6.0)) == pytest.approx(2 / 2**5)
    assert signed_rank_p(np.arange(1.0, 7.0)) == pytest.approx(2 / 2**6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_exactly_what_its_step_down_rule_rejects(p_values):
    corrected = holm(p_values)
    assert all(p <= q <= 1 or q == 1 for p, q in zip(p_values, corrected, strict=True))
    for level in (0.01, 0.05, 0.2):
        by_rule = holm_by_rule(p_values, level)
        assert [q <= level for q in corrected] == by_rule


def test_holm_of_one_test_changes_nothing_and_of_none_is_empty():
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


def test_the_interval_covers_the_true_difference_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = 0
    for seed in range(40):
        low, high = bootstrap_interval(rng.normal(0.5, 1.0, 40), seed)
        hits += low <= 0.5 <= high
    assert 34 <= hits <= 40


def test_the_interval_is_near_that_of_the_normal_law_for_many_cases():
    apart = np.random.default_rng(2).normal(0.1, 0.2, 300)
    half = 1.96 * apart.std() / np.sqrt(len(apart))
    wanted = [apart.mean() - half, apart.mean() + half]
    assert bootstrap_interval(apart, seed=0) == pytest.approx(wanted, abs=0.2 * half)


def test_the_interval_depends_on_its_seed_alone_and_scales_with_the_differences():
    apart = np.random.default_rng(3).normal(0, 1, 12)
    assert bootstrap_interval(apart, 0) == bootstrap_interval(apart, 0)
    assert bootstrap_interval(10 * apart, 0) == pytest.approx(
        [10 * end for end in bootstrap_interval(apart, 0)]
    )


def test_one_case_has_no_interval_and_equal_differences_have_a_point():
    assert bootstrap_interval(np.array([0.2]), 0) is None
    assert bootstrap_interval(np.full(5, 0.2), 0) == (0.2, 0.2)
    low, high = bootstrap_interval(np.array([0.0, 1.0]), 0)
    assert 0 <= low <= high <= 1


def signed_rank_p_by_hand(apart):
    """All 2^n signs of the ranks, zeros ranked and then left out (Pratt)."""
    ranks = stats.rankdata(np.abs(apart))[apart != 0]
    seen = abs(np.sum(np.sign(apart[apart != 0]) * ranks))
    sums = [abs(np.dot(signs, ranks)) for signs in itertools.product((-1, 1), repeat=len(ranks))]
    return np.mean(np.array(sums) >= seen - 1e-9)


def holm_by_rule(p_values, level):
    """Go up while the k-th smallest is at most level / (m - k); reject what was passed."""
    rejected = [False] * len(p_values)
    for k, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] * (len(p_values) - k) > level:
            break
        rejected[index] = True
    return rejected
