"""What the Pareto-consistent balance promises for any losses, admissions and parameters."""

import math

import numpy as np
import pytest
import torch
from drawn import between, part_that
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trainables.balance import LossConfig, make_balance

CLAIM = settings(max_examples=60, deadline=None, derandomize=True)
TAU = (between(-4, 1) | st.floats(-6, 6)).map(math.exp)
RATIOS = st.sampled_from([1.0, 2.0, 10.0, 1000.0, math.inf])
PREFERENCES = st.floats(0.25, 4)


def each(values, size):
    """An array of `size` values drawn one by one; Hypothesis's fill would repeat a single one."""
    return arrays(np.float64, size, elements=values, fill=st.nothing())


@st.composite
def joined(draw):
    """Losses F (K,), admission a (K,) with a_0 = 1, and preference l, in float64."""
    num_shells = draw(st.sampled_from([2, 3, 5]))
    losses = draw(each(between(0, 3) | st.floats(0, 3), num_shells))
    admitted = draw(each(st.sampled_from([1, 0.4, 0.01, 0]), num_shells))
    admitted[0] = 1
    return torch.from_numpy(losses), torch.from_numpy(admitted), draw(PREFERENCES)


def num_admitted(case):
    return int((case[0][1] > 0).sum())


def the_cap_binds(case):
    (losses, admitted, _), tau, ratio = case
    spread = losses[admitted > 0].max() - losses[admitted > 0].min()
    return spread / tau > math.log(ratio)


@pytest.mark.parametrize(
    ("holds", "least"),
    [
        (lambda case: num_admitted(case) > 1, 0.6),
        (lambda case: num_admitted(case) > 2, 0.15),
        (lambda case: num_admitted(case) < len(case[0][1]), 0.1),
        (lambda case: len(case[0][0][case[0][1] > 0].unique()) > 1, 0.4),
        (the_cap_binds, 0.1),
        (lambda case: not the_cap_binds(case), 0.15),
    ],
    ids=["several", "three or more", "one is held back", "losses differ", "capped", "not capped"],
)
def test_a_fair_part_of_the_losses_is_what_the_claims_below_are_about(holds, least):
    assert part_that(holds, st.tuples(joined(), TAU, RATIOS)) >= least


def scale_of(admitted, preference):
    return torch.cat((admitted[:1], admitted[1:] * preference))


def balance_of(num_shells, **parameters):
    plain = {"reference_delay": 0, "boundary_preference": 1.0}
    return make_balance(LossConfig(**{**plain, **parameters}), num_shells)


@CLAIM
@given(case=joined(), tau=TAU, ratio=RATIOS)
def test_the_value_lies_between_the_weighted_sum_and_the_worst_loss(case, tau, ratio):
    losses, admitted, preference = case
    c = scale_of(admitted, preference)
    balance = balance_of(len(c), tau=tau, max_ratio=ratio, boundary_preference=preference)
    value = balance(losses, admitted)
    assert (c * losses).sum() - 1e-9 <= value <= c.sum() * losses[c > 0].max() + 1e-9


@CLAIM
@given(case=joined(), taus=st.tuples(TAU, TAU), ratio=RATIOS)
def test_the_value_never_rises_with_the_smoothing(case, taus, ratio):
    losses, admitted, preference = case
    values = [
        balance_of(len(losses), tau=tau, max_ratio=ratio, boundary_preference=preference)(
            losses, admitted
        )
        for tau in sorted(taus)
    ]
    assert values[0] >= values[1] - 1e-9


@CLAIM
@given(case=joined(), tau=TAU, ratios=st.tuples(RATIOS, RATIOS))
def test_the_value_never_falls_with_the_cap(case, tau, ratios):
    losses, admitted, _ = case
    low, high = (
        balance_of(len(losses), tau=tau, max_ratio=ratio)(losses, admitted)
        for ratio in sorted(ratios)
    )
    assert low <= high + 1e-9


@CLAIM
@given(case=joined(), tau=TAU, ratio=RATIOS, power=st.floats(0, 1))
def test_the_weights_lie_on_the_scaled_simplex_within_the_cap(case, tau, ratio, power):
    losses, admitted, preference = case
    c = scale_of(admitted, preference)
    balance = balance_of(
        len(c), tau=tau, max_ratio=ratio, boundary_preference=preference, normalisation=power
    )
    losses = losses + 0.1
    balance(losses, admitted)
    omega = balance.weights
    inverse = torch.ones_like(c)  # after one step the references are the losses themselves
    known = admitted > 0
    inverse[known] = losses[known] ** -power / (losses[known] ** -power).mean()
    assert (omega >= 0).all()
    assert (omega[~known] == 0).all()
    assert (omega / inverse).sum().item() == pytest.approx(c.sum().item())
    adaptive = omega[known] / (c * inverse)[known]
    assert adaptive.max() <= adaptive.min() * ratio * (1 + 1e-9)


@CLAIM
@given(case=joined(), tau=TAU)
def test_without_a_cap_it_is_the_smooth_tchebycheff_formula(case, tau):
    losses, admitted, preference = case
    c = scale_of(admitted, preference)
    balance = balance_of(len(c), tau=tau, max_ratio=math.inf, boundary_preference=preference)
    total = c.sum()
    formula = torch.logsumexp(c.log() + losses / tau, 0) - total.log()
    torch.testing.assert_close(
        balance(losses, admitted), total * tau * formula, atol=1e-9, rtol=1e-9
    )
    weights = total * torch.softmax(c.log() + losses / tau, 0)
    torch.testing.assert_close(balance.weights, weights, atol=1e-9, rtol=1e-9)


@CLAIM
@given(case=joined(), tau=TAU, ratio=RATIOS)
def test_a_cap_that_does_not_bind_changes_nothing(case, tau, ratio):
    losses, admitted, _ = case
    free, capped = (
        balance_of(len(losses), tau=tau, max_ratio=limit) for limit in (math.inf, ratio)
    )
    values = free(losses, admitted), capped(losses, admitted)
    if the_cap_binds((case, tau, ratio)):
        assert values[1] <= values[0] + 1e-12
    else:
        torch.testing.assert_close(values[1], values[0], atol=1e-12, rtol=1e-12)


@CLAIM
@given(
    case=joined(),
    tau=st.floats(-4, 1).map(math.exp),
    ratio=st.sampled_from([1.5, 10.0]),
    data=st.data(),
)
def test_no_weights_within_the_cap_give_a_larger_value(case, tau, ratio, data):
    losses, admitted, _ = case
    value = balance_of(len(losses), tau=tau, max_ratio=ratio)(losses, admitted)
    logs = data.draw(each(st.floats(0, 1), len(losses)))
    x = torch.from_numpy(ratio**logs)
    x = x * admitted.sum() / (admitted * x).sum()
    rival = (admitted * x * (losses - tau * x.log())).sum()
    assert rival <= value + 1e-9


@CLAIM
@given(case=joined(), ratio=RATIOS, tau=st.sampled_from([1e7, math.inf]))
def test_infinite_smoothing_is_the_weighted_sum(case, ratio, tau):
    losses, admitted, preference = case
    balance = balance_of(len(losses), tau=tau, max_ratio=ratio, boundary_preference=preference)
    expected = (scale_of(admitted, preference) * losses).sum()
    # Of order variance / tau apart, and tau times the rounding of a sum.
    torch.testing.assert_close(balance(losses, admitted), expected, atol=1e-5, rtol=1e-6)


@CLAIM
@given(case=joined())
def test_infinite_smoothing_without_preference_is_plain_training_bit_for_bit(case):
    losses, admitted = case[0].float(), case[1].float()
    plain = make_balance(LossConfig(kind="plain"), len(losses))
    joint = balance_of(len(losses), tau=math.inf)
    assert torch.equal(plain(losses, admitted), joint(losses, admitted))
    assert torch.equal(plain.weights, joint.weights)


@CLAIM
@given(case=joined())
def test_vanishing_smoothing_without_a_cap_trains_the_worst_region_alone(case):
    losses, admitted, preference = case
    c = scale_of(admitted, preference)
    balance = balance_of(len(c), tau=1e-6, max_ratio=math.inf, boundary_preference=preference)
    value = balance(losses, admitted)
    worst = losses[c > 0].max()
    assert value.item() == pytest.approx((c.sum() * worst).item(), abs=1e-3)
    behind = losses < worst - 1e-3
    torch.testing.assert_close(balance.weights[behind], torch.zeros(int(behind.sum())).double())


@pytest.mark.parametrize("ratio", [1.0, 2.0, 10.0, math.inf])
@pytest.mark.parametrize("tau", [0.05, 0.3, 1.0, math.inf])
def test_the_gradient_is_that_of_finite_differences_whether_the_cap_binds_or_not(tau, ratio):
    losses = torch.tensor([0.31, 0.72, 0.55, 0.12, 0.94], dtype=torch.float64).requires_grad_()
    admitted = torch.tensor([1.0, 1.0, 0.6, 0.3, 0.0], dtype=torch.float64)
    balance = balance_of(5, tau=tau, max_ratio=ratio, boundary_preference=2.0)
    assert torch.autograd.gradcheck(lambda f: balance(f, admitted), losses)


@CLAIM
@given(case=joined(), tau=TAU, ratio=RATIOS, power=st.floats(0, 1))
def test_every_gradient_is_the_weights_combination_of_the_regional_gradients(
    case, tau, ratio, power
):
    values, admitted, _ = case
    parameter = torch.ones(3, dtype=torch.float64, requires_grad=True)
    directions = torch.sin(torch.arange(3 * len(values)).double()).view(len(values), 3)
    balance = balance_of(len(values), tau=tau, max_ratio=ratio, normalisation=power)
    losses = values + directions @ parameter - (directions @ parameter).detach()
    balance(losses, admitted).backward()
    torch.testing.assert_close(parameter.grad, balance.weights @ directions)


@CLAIM
@given(
    history=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=2, max_size=12),
    cut=st.integers(0, 11),
    power=st.floats(0, 1),
    kind=st.sampled_from(["plain", "pareto_consistent"]),
)
def test_a_resumed_balance_goes_on_bit_for_bit(history, cut, power, kind):
    config = LossConfig(kind=kind, normalisation=power, reference_steps=5, reference_delay=0)
    whole, cut = make_balance(config, 2), cut % len(history)
    admitted = [torch.tensor([1.0, min(1.0, 0.3 * step)]) for step in range(len(history))]
    losses = [torch.tensor(pair) for pair in history]
    for step in range(cut):
        whole(losses[step], admitted[step])
    resumed = make_balance(config, 2)
    resumed.load_state_dict(whole.state_dict())
    for step in range(cut, len(history)):
        expected, found = (b(losses[step], admitted[step]) for b in (whole, resumed))
        assert torch.equal(expected, found)
        assert torch.equal(whole.weights, resumed.weights)
