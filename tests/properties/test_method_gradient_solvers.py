"""What the weights of MGDA, UPGrad and CAGrad promise, against torchjd and closed forms."""

import numpy as np
import pytest
import torch
from drawn import RNGS, part_that
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torchjd.aggregation import CAGradWeighting, MGDAWeighting, UPGradWeighting
from torchjd.linalg import QuadprogProjector

from trainables.balance.cagrad import cagrad_weights
from trainables.balance.mgda import mgda_weights
from trainables.balance.root import RIDGE, gramian_root
from trainables.balance.upgrad import upgrad_weights

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)
EXACT = QuadprogProjector(norm_eps=1e-12, reg_eps=1e-12)


def gradients(low=1, high=5):
    """K gradients of five numbers: any, some of them parallel or opposed, some small, some 0."""

    def draw(rng):
        count = rng.integers(low, high + 1)
        rows = rng.uniform(-1, 1, (count, 5))
        if rng.random() < 0.3:
            rows = rows[rng.integers(0, count, count)]
        if rng.random() < 0.5:
            rows = rows * rng.choice([1, 1, -1, 1e-4, 0], (count, 1))
        size = np.linalg.norm(rows)
        return rows / size if size > 0 else np.eye(count, 5)

    return RNGS.map(draw)


def conflicts(jacobian):
    return (jacobian @ jacobian.T).min() < -1e-3


def mgda_length(jacobian):
    """0 at a Pareto-stationary point."""
    return np.linalg.norm(mgda_weights(jacobian @ jacobian.T) @ jacobian)


@pytest.mark.parametrize(
    ("holds", "sizes", "least"),
    [
        (conflicts, (2, 2), 0.15),
        (conflicts, (1, 5), 0.25),
        (lambda jacobian: not conflicts(jacobian), (2, 2), 0.15),
        (lambda jacobian: not jacobian.any(axis=1).all(), (1, 5), 0.05),
        (lambda jacobian: mgda_length(jacobian) < 1e-3, (1, 5), 0.05),
        (lambda jacobian: mgda_length(jacobian) > 0.1, (2, 5), 0.2),
    ],
    ids=[
        "conflict of two",
        "conflict",
        "none of two",
        "some are 0",
        "stationary",
        "not stationary",
    ],
)
def test_a_fair_part_of_the_gradients_is_what_the_claims_below_are_about(holds, sizes, least):
    assert part_that(holds, gradients(*sizes)) >= least


def firm(gramian):
    """What the solvers solve for: rounding tells no smaller gradient."""
    return gramian + RIDGE * np.diag(np.diag(gramian))


def ones(jacobian):
    return np.ones(len(jacobian))


METHODS = {
    "mgda": mgda_weights,
    "upgrad": lambda gramian: upgrad_weights(gramian, ones(gramian)),
    "cagrad": lambda gramian: cagrad_weights(gramian, ones(gramian), 0.5),
}


@CLAIM
@given(jacobian=gradients())
def test_the_root_has_the_inner_products_whatever_the_sizes(jacobian):
    gramian = jacobian @ jacobian.T
    root, sizes = gramian_root(gramian), np.sqrt(np.diag(gramian))
    error = np.abs(root.T @ root - firm(gramian))
    assert (error <= 1e-12 * np.outer(sizes, sizes) + 1e-300).all()


@CLAIM
@given(jacobian=gradients(2, 2))
def test_mgda_of_two_is_the_closed_form(jacobian):
    (ii, ib), (_, bb) = firm(jacobian @ jacobian.T)
    apart = ii + bb - 2 * ib
    expected = np.clip((bb - ib) / apart, 0, 1)
    assert mgda_weights(jacobian @ jacobian.T)[0] == pytest.approx(expected, abs=1e-9 / apart)


@CLAIM
@given(jacobian=gradients())
def test_mgda_is_torchjds_direction(jacobian):
    """As far as its Frank-Wolfe steps, which slow down, come; never longer than theirs."""
    gramian = jacobian @ jacobian.T
    steps = MGDAWeighting(epsilon=1e-12, max_iters=300)
    theirs = steps(torch.from_numpy(gramian)).numpy() @ jacobian
    found = mgda_weights(gramian) @ jacobian
    assert found @ found <= theirs @ theirs + RIDGE
    np.testing.assert_allclose(found, theirs, atol=0.05)


@CLAIM
@given(jacobian=gradients())
def test_mgda_gives_the_shortest_convex_combination(jacobian):
    """Its direction serves every loss by its own length squared, which only that one does."""
    gramian = firm(jacobian @ jacobian.T)
    weights = mgda_weights(jacobian @ jacobian.T)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert (gramian @ weights >= weights @ gramian @ weights - 1e-9).all()


def test_equal_gradients_share_mgdas_weight():
    np.testing.assert_allclose(mgda_weights(np.full((4, 4), 0.25)), 0.25)


@CLAIM
@given(jacobian=gradients(2, 2))
def test_upgrad_of_two_is_half_of_pcgrad(jacobian):
    first, second = jacobian
    expected = np.zeros(5)
    for mine, other in ((first, second), (second, first)):
        along = mine @ other
        expected += mine - (min(along, 0) / (other @ other) * other if other.any() else 0)
    found = METHODS["upgrad"](jacobian @ jacobian.T) @ jacobian
    np.testing.assert_allclose(found, expected / 2, atol=2 * RIDGE)


@CLAIM
@given(jacobian=gradients(), preference=st.sampled_from([0.25, 1.0, 4.0]))
def test_upgrad_is_torchjds_direction(jacobian, preference):
    """To it, a gradient's size is a preference; torchjd's own ridge would drown the small ones."""
    wanted = np.array([1.0] + [preference] * (len(jacobian) - 1))
    found = upgrad_weights(jacobian @ jacobian.T, wanted) @ jacobian
    sizes = np.linalg.norm(jacobian, axis=1)
    units = jacobian / np.where(sizes > 0, sizes, 1)[:, None]
    oracle = UPGradWeighting(torch.from_numpy(wanted * sizes / len(sizes)), projector=EXACT)
    theirs = oracle(torch.from_numpy(firm(units @ units.T))).numpy() @ units
    np.testing.assert_allclose(found, theirs, atol=1e-7)


def torchjds_cagrad(jacobian, caution):
    gramian = torch.from_numpy(jacobian @ jacobian.T)
    return CAGradWeighting(c=caution, norm_eps=1e-8)(gramian).numpy() @ jacobian


CAUTIONS = st.sampled_from([0.1, 0.5, 0.9])


@CLAIM
@given(jacobian=gradients(), caution=CAUTIONS)
def test_cagrad_is_torchjds_direction_or_serves_the_worst_loss_better(jacobian, caution):
    found = cagrad_weights(jacobian @ jacobian.T, ones(jacobian), caution) @ jacobian
    mean = jacobian.mean(0)
    assert np.linalg.norm(found - mean) <= caution * np.linalg.norm(mean) + 1e-9
    theirs = torchjds_cagrad(jacobian, caution)
    assert (jacobian @ found).min() >= (jacobian @ theirs).min() - RIDGE**0.5


@CLAIM
@given(jacobian=gradients(2), caution=CAUTIONS)
def test_away_from_stationary_points_cagrad_is_torchjds_direction(jacobian, caution):
    """At those points no single direction is best, and the ridge decides."""
    assume(mgda_length(jacobian) > 0.1)
    found = cagrad_weights(jacobian @ jacobian.T, ones(jacobian), caution) @ jacobian
    np.testing.assert_allclose(found, torchjds_cagrad(jacobian, caution), atol=1e-3)


@CLAIM
@given(jacobian=gradients())
def test_cagrad_without_caution_is_the_mean_gradient(jacobian):
    weights = cagrad_weights(jacobian @ jacobian.T, ones(jacobian), 0.0)
    np.testing.assert_array_equal(weights, ones(jacobian) / len(jacobian))


@CLAIM
@given(jacobian=gradients())
def test_mgda_and_upgrad_conflict_with_no_gradient(jacobian):
    gramian = jacobian @ jacobian.T
    for kind in ("mgda", "upgrad"):
        weights = METHODS[kind](gramian)
        assert (gramian @ weights >= -RIDGE * weights * np.diag(gramian) - 1e-9).all()


@CLAIM
@given(jacobian=gradients(), kind=st.sampled_from(sorted(METHODS)))
def test_every_direction_is_a_non_negative_combination(jacobian, kind):
    weights = METHODS[kind](jacobian @ jacobian.T)
    assert np.isfinite(weights).all()
    assert weights.min() >= 0


@pytest.mark.parametrize("kind", sorted(METHODS))
@pytest.mark.parametrize("noise", [0.0, 1e-8, -1e-8])
def test_rounding_makes_no_weight_explode(kind, noise):
    """Three gradients nearly in one line, one against two, as float32 would tell them."""
    signs = np.array([1.0, -1.0, 1.0])
    gramian = (np.outer(signs, signs) + noise * np.arange(9).reshape(3, 3) % 5e-8) / 3
    weights = METHODS[kind]((gramian + gramian.T) / 2)
    assert 0 <= weights.min() <= weights.max() < 1e3


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_at_a_pareto_stationary_point_the_weights_are_defined(kind):
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    weights = METHODS[kind](opposed)
    assert np.isfinite(weights).all()
    if kind == "mgda":
        assert weights @ opposed @ weights == pytest.approx(0, abs=1e-12)
