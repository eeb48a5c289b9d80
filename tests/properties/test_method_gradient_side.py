"""What balances by MGDA, UPGrad and CAGrad promise of admission, scale and preference."""

import numpy as np
import pytest
import torch
from drawn import RNGS, part_that
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.balance import LossConfig, make_balance
from trainables.errors import ParameterError
from trainables.gramian import gradient_gramian

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)
METHODS = ("cagrad", "mgda", "upgrad")


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("power", [-8, 0, 8])
def test_the_balance_does_not_depend_on_the_scale_of_the_gradients(kind, power):
    gramian = torch.tensor([[2.0, -0.5, 0.1], [-0.5, 1.0, 0.2], [0.1, 0.2, 3.0]])
    weights = []
    for factor in (1.0, 10.0**power):
        balance = make_balance(LossConfig(kind=kind), 3)
        balance(torch.ones(3), torch.ones(3), lambda f=factor: gramian.double() * f)
        weights.append(balance.weights)
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_gradients_that_say_nothing_leave_the_plain_sum(kind, value):
    balance = make_balance(LossConfig(kind=kind, boundary_preference=1.0), 2)
    balance(torch.ones(2), torch.tensor([1.0, 0.5]), lambda: torch.full((2, 2), value))
    assert balance.weights.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("kind", METHODS)
def test_a_shell_that_is_not_admitted_has_no_say_even_where_its_gradient_is_no_number(kind):
    """The interior is trained as if the boundary were not there, however they conflict."""
    for value in (-0.9, float("nan"), float("inf")):
        balance = make_balance(LossConfig(kind=kind), 2)
        conflict = torch.tensor([[1.0, value], [value, abs(value)]])
        balance(torch.ones(2), torch.tensor([1.0, 0.0]), lambda c=conflict: c)
        weights = balance.weights.tolist()
        assert weights[1] == 0
        assert weights[0] == pytest.approx(1.5 if kind == "cagrad" else 1.0)


@pytest.mark.parametrize("kind", METHODS)
def test_a_shell_without_a_voxel_does_not_stop_the_others(kind):
    """Its gradient is 0, which to MGDA would be a stationary point."""
    whole = make_balance(LossConfig(kind=kind), 2)
    whole(torch.ones(2), torch.ones(2), lambda: torch.tensor([[2.0, -1.0], [-1.0, 3.0]]))
    empty = make_balance(LossConfig(kind=kind), 3)
    gramian = torch.tensor([[2.0, -1.0, 0.0], [-1.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    empty(torch.ones(3), torch.ones(3), lambda: gramian)
    torch.testing.assert_close(empty.weights[:2], whole.weights)


@pytest.mark.parametrize("kind", METHODS)
def test_a_shell_fades_in_linearly_from_no_say_to_all(kind):
    gramian = torch.tensor([[1.0, -0.3, 0.1], [-0.3, 0.5, -0.2], [0.1, -0.2, 0.8]])
    balance = make_balance(LossConfig(kind=kind), 3)

    def weights(*admission):
        balance(torch.ones(3), torch.tensor(admission), lambda: gramian)
        return balance.weights

    none, some, all_in = weights(1.0, 0.0, 0.0), weights(1.0, 1.0, 0.0), weights(1.0, 1.0, 1.0)
    expected = 0.25 * none + 0.5 * some + 0.25 * all_in
    torch.testing.assert_close(weights(1.0, 0.75, 0.25), expected)
    torch.testing.assert_close(weights(1.0, 1e-9, 1e-9), none)


def draw_agreeing(rng):
    """Gradients (K, 5) of which no two conflict, some of them 0, and admissions (K,)."""
    count = rng.integers(2, 6)
    rows = rng.random((count, 5)) * rng.choice([1, 1, 1e-2, 0], (count, 1))
    return rows, np.append(1, rng.choice([0, 0.01, 0.4, 1], count - 1))


AGREEING = RNGS.map(draw_agreeing)


def test_many_agreeing_gradients_have_several_shells_that_are_not_0():
    assert part_that(lambda case: (case[0].any(axis=1) & (case[1] > 0)).sum() > 1, AGREEING) >= 0.3


@CLAIM
@given(case=AGREEING, preference=st.floats(0.25, 4))
def test_without_a_conflict_upgrad_is_the_plain_sum(case, preference):
    """Where every inner product is at least 0, whatever is admitted and preferred."""
    gramian, admitted = torch.from_numpy(case[0] @ case[0].T), torch.from_numpy(case[1])
    balance = make_balance(LossConfig(kind="upgrad", boundary_preference=preference), len(gramian))
    balance(torch.ones(len(gramian)).double(), admitted, lambda: gramian)
    expected = admitted * torch.tensor([1.0] + [preference] * (len(gramian) - 1)).double()
    has_gradient = gramian.diagonal() > 0
    torch.testing.assert_close(balance.weights[has_gradient], expected[has_gradient])


@pytest.mark.parametrize("kind", ["upgrad", "cagrad"])
def test_a_preference_raises_the_boundarys_weight(kind):
    shares = []
    for preference in (0.5, 1.0, 2.0):
        config = LossConfig(kind=kind, boundary_preference=preference, caution=0.1)
        balance = make_balance(config, 2)
        balance(torch.ones(2), torch.ones(2), lambda: torch.tensor([[1.0, -0.2], [-0.2, 1.0]]))
        shares.append(float(balance.weights[1] / balance.weights[0]))
    assert shares[0] < shares[1] < shares[2]


@pytest.mark.parametrize("kind", METHODS)
def test_its_gradient_is_the_weights_combination_of_the_regional_gradients(kind):
    x = torch.randn(6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x.requires_grad_()
    losses = torch.stack(((x - 1).square().sum(), (x + 1).pow(4).sum()))
    rows = torch.stack([torch.autograd.grad(f, x, retain_graph=True)[0] for f in losses])
    balance = make_balance(LossConfig(kind=kind), 2)
    joined = balance(losses, torch.ones(2), lambda: gradient_gramian(losses, [x]))
    (found,) = torch.autograd.grad(joined, x)
    torch.testing.assert_close(found, balance.weights @ rows)


@pytest.mark.parametrize("kind", METHODS)
def test_without_the_gradients_it_is_refused_by_name(kind):
    with pytest.raises(ParameterError, match=rf"`gramian`.*`loss\.kind = {kind}`"):
        make_balance(LossConfig(kind=kind), 2)(torch.ones(2), torch.ones(2))


@pytest.mark.parametrize("kind", METHODS)
def test_there_is_nothing_to_save_and_a_foreign_state_is_refused(kind):
    balance = make_balance(LossConfig(kind=kind), 2)
    balance.load_state_dict(balance.state_dict())
    with pytest.raises(ParameterError, match="`state`"):
        balance.load_state_dict({"means": torch.zeros(2)})
