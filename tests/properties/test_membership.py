"""The probability of being on the front, against closed forms and a plain simulation."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from pareto_search.fronts.configurations import Configuration
from pareto_search.fronts.front import is_on_front
from pareto_search.fronts.membership import membership, membership_probability

DRAWS = 4000
NEAR = 5 * 0.5 / math.sqrt(DRAWS)
"""Five standard errors of an estimated probability, at most."""


def configuration(*losses):
    return Configuration((), None, np.asarray(losses, dtype=float))


@settings(max_examples=8, deadline=None)
@given(
    st.floats(-2, 2), st.floats(0.05, 1), st.integers(1, 9), st.integers(1, 9),
    st.sampled_from([1.0, 4.0, 50.0, math.inf]), st.integers(0, 1000),
)  # fmt: skip
def test_two_points_that_only_one_objective_can_decide(gap, scale, a, b, freedom, seed):
    """The second is far better on the other: the first is on the front where it wins on this one.

    The difference of the true means is Student's t with the pooled scale, normal where that is
    known for sure.
    """
    means = np.array([[0.0, 1e9], [gap, 0.0]])
    covariance = np.diag([scale**2, 0.0])
    found = membership_probability(means, covariance, np.array([a, b]), freedom, DRAWS, seed)
    standardised = gap / (scale * math.sqrt(1 / a + 1 / b))
    law = NormalDist() if math.isinf(freedom) else student(freedom)
    assert found == pytest.approx([law.cdf(standardised), 1.0], abs=NEAR)


@settings(max_examples=5, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1), st.floats(0.1, 1))
def test_two_points_and_two_independent_objectives(first, second, one, other):
    """Dominated is who is worse on both: a product of two normal probabilities."""
    means = np.array([[0.0, 0.0], [first, second]])
    covariance = np.diag([one**2, other**2])
    found = membership_probability(means, covariance, np.array([2, 2]), math.inf, DRAWS)
    worse = [NormalDist(0, s).cdf(-gap) for gap, s in ((first, one), (second, other))]
    better = [1 - p for p in worse]
    expected = [1 - math.prod(worse), 1 - math.prod(better)]
    assert found == pytest.approx(expected, abs=NEAR)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 3))
def test_leaving_out_the_hopeless_changes_nothing(seed, objectives):
    rng = np.random.default_rng(seed)
    means = rng.random((12, objectives))
    spread = rng.normal(size=(objectives, objectives)) * 0.03
    covariance, counts = spread @ spread.T, rng.integers(1, 6, 12)
    found = membership_probability(means, covariance, counts, math.inf, 2000, seed)
    hits = np.zeros(12)
    for _ in range(2000):
        luck = rng.multivariate_normal(np.zeros(objectives), covariance, 12)
        hits += is_on_front(means + luck / np.sqrt(counts)[:, None])
    assert found == pytest.approx(hits / 2000, abs=5 * 0.5 / math.sqrt(1000))


def test_without_luck_the_front_is_certain():
    found = membership(
        [configuration([0, 1], [0, 1]), configuration([1, 0]), configuration([1, 1])]
    )
    assert found.tolist() == [1.0, 1.0, 0.0]


def test_nothing_is_claimed_where_no_seed_was_repeated():
    assert membership([configuration([0, 1]), configuration([1, 0])]) is None
    assert membership([]) is None


def test_the_covariance_is_pooled_over_all_configurations():
    """Residuals of (0, 2) and (0, 0, 3): squares 2 and 6 over 1 + 2 degrees of freedom."""
    far = 1e9
    found = membership(
        [configuration([0, far], [2, far]), configuration([1, 0], [1, 0], [4, 0])], draws=DRAWS
    )
    gap = (2.0 - 1.0) / math.sqrt((8 / 3) * (1 / 2 + 1 / 3))
    assert found[0] == pytest.approx(student(3).cdf(gap), abs=NEAR)


def test_one_seed_gives_one_answer():
    found = [configuration([0, 1], [0.2, 0.8]), configuration([0.1, 0.9])]
    assert membership(found).tolist() == membership(found).tolist()
