import math

import pytest
import torch

from trainables.balance import (
    LossConfig,
    ParetoConsistentBalance,
    PlainBalance,
    make_balance,
)
from trainables.errors import ParameterError


def test_the_kind_chooses_the_balance():
    assert isinstance(make_balance(LossConfig(kind="plain"), 2), PlainBalance)
    assert isinstance(make_balance(LossConfig(), 2), ParetoConsistentBalance)


def test_a_value_and_its_weights_by_hand():
    balance = make_balance(LossConfig(tau=0.5, boundary_preference=2.0, max_ratio=math.inf), 2)
    losses = torch.tensor([0.2, 0.4], dtype=torch.float64)
    found = balance(losses, torch.tensor([1.0, 0.5]))
    first, second = math.exp(0.4), 1.0 * math.exp(0.8)
    assert found.item() == pytest.approx(2 * 0.5 * (math.log(first + second) - math.log(2)))
    expected = [2 * first / (first + second), 2 * second / (first + second)]
    assert balance.weights.tolist() == pytest.approx(expected)


def test_a_cap_that_binds_sets_the_ratio_of_the_weights():
    balance = make_balance(LossConfig(tau=0.01, max_ratio=10.0, boundary_preference=1.0), 2)
    balance(torch.tensor([0.1, 0.9]), torch.ones(2))
    assert balance.weights.tolist() == pytest.approx([2 / 11, 20 / 11])


def test_a_cap_of_one_leaves_the_preferences_alone():
    balance = make_balance(LossConfig(tau=0.01, max_ratio=1.0, boundary_preference=3.0), 3)
    balance(torch.tensor([0.1, 0.9, 0.4]), torch.ones(3))
    assert balance.weights.tolist() == pytest.approx([1, 3, 3])


def test_a_shell_that_is_not_admitted_has_no_weight_whatever_its_loss():
    for max_ratio in (10.0, math.inf):
        config = LossConfig(tau=1e-4, max_ratio=max_ratio, boundary_preference=1.0)
        balance = make_balance(config, 3)
        losses = torch.tensor([0.1, 1e3, 0.2], requires_grad=True)
        balance(losses, torch.tensor([1.0, 0.0, 1.0])).backward()
        assert losses.grad is not None
        assert losses.grad[1] == 0
        assert losses.grad.isfinite().all()
        assert balance.weights.sum().item() == pytest.approx(2)


def test_extreme_losses_and_smoothing_stay_finite():
    for tau in (1e-6, 1e6):
        balance = make_balance(LossConfig(tau=tau, max_ratio=math.inf), 2)
        losses = torch.tensor([1e-6, 1e4], requires_grad=True)
        balance(losses, torch.ones(2)).backward()
        assert losses.grad is not None
        assert losses.grad.isfinite().all()


def test_a_loss_that_is_not_finite_is_not_hidden_and_no_reference():
    balance = make_balance(LossConfig(normalisation=1.0), 2)
    assert not balance(torch.tensor([0.5, math.nan]), torch.ones(2)).isfinite()
    assert balance.state_dict()["counts"].tolist() == [1, 0]
    assert balance(torch.tensor([0.5, 0.25]), torch.ones(2)).isfinite()


def test_the_reference_is_the_mean_of_the_first_steps_with_a_loss_then_frozen():
    balance = make_balance(LossConfig(reference_steps=3, reference_delay=0), 2)
    interior = [1.0, 2.0, 3.0, 100.0]
    for step, loss in enumerate(interior):
        admitted = torch.tensor([1.0, float(step >= 2)])
        balance(torch.tensor([loss, 0.5 if step == 2 else 0.0]), admitted)
    state = balance.state_dict()
    assert state["means"].tolist() == [2.0, 0.5]
    assert state["counts"].tolist() == [3, 1]


def test_the_first_steps_are_no_reference_and_weigh_nothing():
    """What falls at first is far background: divided by that, the interior would be starved."""
    referred = {"normalisation": 1.0, "reference_steps": 2, "reference_delay": 3}
    balance = make_balance(LossConfig(tau=math.inf, boundary_preference=1.0, **referred), 2)
    weights = []
    for loss in (9.0, 8.0, 7.0, 2.0, 4.0, 1.0):
        balance(torch.tensor([loss, 1.0]), torch.ones(2))
        weights.append(float(balance.weights[0] / balance.weights[1]))
    assert weights == pytest.approx([1, 1, 1, 1 / 2, 1 / 3, 1 / 3])


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_references_raised_to_the_normalisation_have_mean_inverse_one(power):
    referred = {"normalisation": power, "reference_steps": 1, "reference_delay": 0}
    balance = make_balance(LossConfig(tau=math.inf, boundary_preference=1.0, **referred), 2)
    balance(torch.tensor([0.1, 0.9], dtype=torch.float64), torch.ones(2))
    inverse = balance.weights
    assert inverse.mean().item() == pytest.approx(1)
    assert (inverse[0] / inverse[1]).item() == pytest.approx(9.0**power)


def test_the_weights_of_the_first_step_are_one_by_one():
    for kind in ("plain", "pareto_consistent"):
        assert make_balance(LossConfig(kind=kind), 3).weights.tolist() == [1, 1, 1]


def test_a_balance_does_not_change_when_its_state_is_taken():
    balance = make_balance(LossConfig(reference_steps=5, reference_delay=0), 2)
    balance(torch.tensor([1.0, 2.0]), torch.ones(2))
    state = balance.state_dict()
    balance(torch.tensor([3.0, 4.0]), torch.ones(2))
    assert state["means"].tolist() == [1.0, 2.0]


def test_a_state_of_another_kind_or_size_is_refused():
    plain, joint = PlainBalance(2), ParetoConsistentBalance(LossConfig(), 2)
    with pytest.raises(ParameterError, match=r"should hold \[\]"):
        plain.load_state_dict(joint.state_dict())
    with pytest.raises(ParameterError, match=r"\['counts', 'means'\]"):
        joint.load_state_dict(plain.state_dict())
    with pytest.raises(ParameterError, match=r"of 2 losses. Found .*\(3,\)"):
        joint.load_state_dict(ParetoConsistentBalance(LossConfig(), 3).state_dict())


def test_no_shell_at_all_is_refused():
    with pytest.raises(ParameterError, match="`num_shells = 0`"):
        make_balance(LossConfig(), 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "best"),
        ("tau", 0.0),
        ("tau", math.nan),
        ("normalisation", 1.1),
        ("boundary_preference", 0.2),
        ("boundary_preference", 5.0),
        ("gamma", -1.0),
        ("reference_steps", 0),
        ("max_ratio", 0.5),
        ("lambda", 1.0),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ParameterError, match=field):
        LossConfig(**{field: value})


def test_smoothing_may_be_infinite_as_a_recipe_writes_it():
    assert math.isinf(LossConfig(tau="inf").tau)  # type: ignore[arg-type]


@pytest.mark.parametrize("tau", [1e-6, 1e-3, 1e8, 1e12, 1e300])
def test_at_every_admitted_smoothing_the_value_is_between_the_sum_and_the_largest(tau):
    balance = make_balance(LossConfig(tau=tau), 3)
    losses = torch.tensor([0.5, 0.2, 0.9], dtype=torch.float64)
    found = balance(losses, torch.ones(3)).item()
    assert 1.6 - 1e-7 <= found <= 2.7
    assert balance.weights.sum().item() == pytest.approx(3)


@pytest.mark.parametrize("tau", [0.0, 1e-7, math.nan])
def test_a_smoothing_too_small_to_be_told_from_none_is_refused(tau):
    with pytest.raises(ParameterError, match="tau"):
        LossConfig(tau=tau)
