"""What MGDA, UPGrad and CAGrad promise, against torchjd and closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torchjd.aggregation import CAGradWeighting, UPGradWeighting
from torchjd.linalg import QuadprogProjector

from trainables.balance import LossConfig, make_balance
from trainables.balance.gradient_side import cagrad_weights, mgda_weights, upgrad_weights
from trainables.errors import ParameterError
from trainables.gramian import gradient_gramian

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)


def gradients(count):
    """K gradients of five numbers each, scaled to one, conflicting or not, some of them 0."""
    values = st.floats(-1, 1).map(lambda x: round(x, 3))
    return count.flatmap(lambda k: arrays(np.float64, (k, 5), elements=values)).map(scaled)


def scaled(jacobian):
    size = np.linalg.norm(jacobian)
    return jacobian / size if size > 1e-3 else np.eye(*jacobian.shape)


PAIRS = gradients(st.just(2))
EXACT = QuadprogProjector(norm_eps=1e-12, reg_eps=1e-10)
UP_TO_FIVE = gradients(st.integers(1, 5))
METHODS = {
    "mgda": mgda_weights,
    "upgrad": upgrad_weights,
    "cagrad": lambda gramian: cagrad_weights(gramian, 0.5),
}


@CLAIM
@given(jacobian=PAIRS)
def test_mgda_of_two_is_the_closed_form(jacobian):
    (ii, ib), (_, bb) = gramian = jacobian @ jacobian.T
    apart = ii + bb - 2 * ib
    if apart > 1e-6:
        expected = np.clip((bb - ib) / apart, 0, 1)
        assert mgda_weights(gramian)[0] == pytest.approx(expected, abs=1e-6)


@CLAIM
@given(jacobian=UP_TO_FIVE)
def test_mgda_gives_the_shortest_convex_combination(jacobian):
    """Its direction serves every loss by its own length squared, which only that one does."""
    gramian = jacobian @ jacobian.T
    weights = mgda_weights(gramian)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert (gramian @ weights >= weights @ gramian @ weights - 1e-9).all()


@CLAIM
@given(jacobian=PAIRS)
def test_upgrad_of_two_is_half_of_pcgrad(jacobian):
    first, second = jacobian
    expected = np.zeros(5)
    for mine, other in ((first, second), (second, first)):
        along = mine @ other
        expected += mine - (min(along, 0) / (other @ other) * other if other.any() else 0)
    found = upgrad_weights(jacobian @ jacobian.T) @ jacobian
    np.testing.assert_allclose(found, expected / 2, atol=1e-7)


@CLAIM
@given(jacobian=UP_TO_FIVE)
def test_upgrad_is_torchjds_direction(jacobian):
    gramian = torch.from_numpy(jacobian @ jacobian.T)
    expected = UPGradWeighting(projector=EXACT)(gramian).numpy() @ jacobian
    np.testing.assert_allclose(upgrad_weights(gramian.numpy()) @ jacobian, expected, atol=1e-6)


@CLAIM
@given(jacobian=UP_TO_FIVE, caution=st.sampled_from([0.0, 0.3, 0.9]))
def test_cagrad_is_torchjds_direction_or_serves_the_worst_loss_better(jacobian, caution):
    gramian = torch.from_numpy(jacobian @ jacobian.T)
    found = cagrad_weights(gramian.numpy(), caution) @ jacobian
    mean = jacobian.mean(0)
    assert np.linalg.norm(found - mean) <= caution * np.linalg.norm(mean) + 1e-7
    theirs = CAGradWeighting(c=caution, norm_eps=1e-8)(gramian).numpy() @ jacobian
    assert (jacobian @ found).min() >= (jacobian @ theirs).min() - 1e-5


@CLAIM
@given(jacobian=UP_TO_FIVE)
def test_mgda_and_upgrad_conflict_with_no_gradient(jacobian):
    gramian = jacobian @ jacobian.T
    for weigh in (mgda_weights, upgrad_weights):
        assert (gramian @ weigh(gramian) >= -1e-9).all()


@CLAIM
@given(jacobian=UP_TO_FIVE, kind=st.sampled_from(sorted(METHODS)))
def test_every_direction_is_a_non_negative_combination(jacobian, kind):
    weights = METHODS[kind](jacobian @ jacobian.T)
    assert np.isfinite(weights).all()
    assert weights.min() >= 0


@pytest.mark.parametrize("kind", sorted(METHODS))
@pytest.mark.parametrize("power", [-8, 0, 8])
def test_the_balance_does_not_depend_on_the_scale_of_the_gradients(kind, power):
    gramian = torch.tensor([[2.0, -0.5, 0.1], [-0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])
    weights = []
    for factor in (1.0, 10.0**power):
        balance = make_balance(LossConfig(kind=kind), 3)
        balance(torch.ones(3), torch.ones(3), lambda f=factor: gramian.double() * f)
        weights.append(balance.weights)
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_at_a_pareto_stationary_point_the_weights_are_defined(kind):
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    weights = METHODS[kind](opposed)
    assert np.isfinite(weights).all()
    if kind == "mgda":
        assert weights @ opposed @ weights == pytest.approx(0, abs=1e-12)


def test_without_a_conflict_upgrad_is_the_plain_sum():
    balance = make_balance(LossConfig(kind="upgrad"), 2)
    losses = torch.tensor([1.0, 3.0])
    plain = make_balance(LossConfig(kind="plain"), 2)
    admission = torch.ones(2)
    found = balance(losses, admission, lambda: torch.tensor([[4.0, 0.5], [0.5, 1.0]]))
    torch.testing.assert_close(found, plain(losses, admission))


@pytest.mark.parametrize("kind", sorted(METHODS))
@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_gradients_that_say_nothing_leave_the_plain_sum(kind, value):
    balance = make_balance(LossConfig(kind=kind), 2)
    balance(torch.ones(2), torch.tensor([1.0, 0.5]), lambda: torch.full((2, 2), value))
    assert balance.weights.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_a_shell_that_is_not_admitted_has_no_say(kind):
    """The interior is trained as if the boundary were not there, however they conflict."""
    balance = make_balance(LossConfig(kind=kind), 2)
    conflict = torch.tensor([[1.0, -0.9], [-0.9, 1.0]])
    balance(torch.ones(2), torch.tensor([1.0, 0.0]), lambda: conflict)
    weights = balance.weights.tolist()
    assert weights[1] == 0
    assert weights[0] == pytest.approx(1.5 if kind == "cagrad" else 1.0)


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_its_gradient_is_the_weights_combination_of_the_regional_gradients(kind):
    x = torch.randn(6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x.requires_grad_()
    losses = torch.stack(((x - 1).square().sum(), (x + 1).pow(4).sum()))
    rows = torch.stack([torch.autograd.grad(f, x, retain_graph=True)[0] for f in losses])
    balance = make_balance(LossConfig(kind=kind), 2)
    joined = balance(losses, torch.ones(2), lambda: gradient_gramian(losses, [x]))
    (found,) = torch.autograd.grad(joined, x)
    torch.testing.assert_close(found, balance.weights @ rows)


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_without_the_gradients_it_is_refused_by_name(kind):
    with pytest.raises(ParameterError, match=rf"`gramian`.*`loss\.kind = {kind}`"):
        make_balance(LossConfig(kind=kind), 2)(torch.ones(2), torch.ones(2))


@pytest.mark.parametrize("kind", sorted(METHODS))
def test_there_is_nothing_to_save_and_a_foreign_state_is_refused(kind):
    balance = make_balance(LossConfig(kind=kind), 2)
    balance.load_state_dict(balance.state_dict())
    with pytest.raises(ParameterError, match="`state`"):
        balance.load_state_dict({"means": torch.zeros(2)})
