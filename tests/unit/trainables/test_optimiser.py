"""What the step width and the update promise: closed forms of both."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainables.errors import ParameterError
from trainables.optimiser import (
    OptimiserConfig,
    learning_rate,
    make_optimiser,
    set_learning_rate,
)

COURSES = {
    "cosine": lambda t: math.cos(math.pi * t / 2) ** 2,
    "poly": lambda t: math.exp(0.9 * math.log1p(-t)) if t < 1 else 0.0,
    "none": lambda _: 1.0,
}


@pytest.mark.parametrize("decay", ["cosine", "poly"])
def test_the_rate_falls_from_its_start_to_nothing(decay):
    config = OptimiserConfig(learning_rate=0.1, decay=decay)
    rates = [learning_rate(t / 20, config) for t in range(21)]
    assert rates[0] == 0.1
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0)


def test_without_decay_the_rate_stays():
    config = OptimiserConfig(learning_rate=0.1, decay="none")
    assert {learning_rate(t, config) for t in (0.0, 0.4, 1.0)} == {0.1}


@pytest.mark.parametrize("decay", COURSES)
@pytest.mark.parametrize(("warmup", "final"), [(0.0, 0.0), (0.25, 0.0), (0.0, 0.1), (0.5, 0.01)])
def test_the_rate_rises_in_a_line_and_then_falls_by_its_course_to_its_final_part(
    decay, warmup, final
):
    config = OptimiserConfig(learning_rate=0.2, decay=decay, warmup=warmup, final=final)
    for k in range(17):
        progress = k / 16
        if progress < warmup:
            expected = 0.2 * progress / warmup
        else:
            low = 0.2 * final if decay != "none" else 0.0
            part = COURSES[decay]((progress - warmup) / (1 - warmup))
            expected = low + (0.2 - low) * part
        assert learning_rate(progress, config) == pytest.approx(expected, rel=1e-9, abs=1e-15)


@given(num_warm=st.integers(1, 30), num_others=st.integers(1, 30))
def test_n_steps_of_warm_up_take_equal_rises_from_the_first_to_the_whole_rate(num_warm, num_others):
    num = num_warm + num_others
    config = OptimiserConfig(learning_rate=0.2, warmup=num_warm / num)
    rates = [learning_rate(k / num, config, step=1 / num) for k in range(num_warm)]
    assert rates == pytest.approx([0.2 * (k + 1) / num_warm for k in range(num_warm)])


@given(progress=st.floats(0, 1), step=st.floats(0, 1))
@pytest.mark.parametrize("decay", COURSES)
def test_without_warm_up_the_length_of_a_step_changes_nothing(decay, progress, step):
    config = OptimiserConfig(decay=decay)
    assert learning_rate(progress, config, step) == learning_rate(progress, config)


def test_a_step_is_as_wide_as_the_rate_that_was_set():
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = make_optimiser(OptimiserConfig(weight_decay=0.0), [weight])
    set_learning_rate(optimiser, 0.5)
    weight.grad = torch.ones(1)
    optimiser.step()
    assert weight.item() == pytest.approx(-0.5)  # Adam's first step is the rate


@pytest.mark.parametrize(("momentum", "travelled"), [(0.0, 2.0), (0.5, 1.5 + 1.75)])
def test_two_steps_of_sgd_under_a_constant_gradient_are_those_of_nesterov(momentum, travelled):
    """Velocities 1 and 1 + m; a step is the gradient and m times the velocity that it made."""
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    config = OptimiserConfig(kind="sgd", momentum=momentum, weight_decay=0, learning_rate=0.1)
    optimiser = make_optimiser(config, [weight])
    for _ in range(2):
        weight.grad = torch.ones(1, dtype=torch.float64)
        optimiser.step()
    assert weight.item() == pytest.approx(-0.1 * travelled)


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
@pytest.mark.parametrize(("decayed", "ends"), [("all", (0.95, 0.95)), ("kernels", (0.95, 1.0))])
def test_weights_without_gradient_shrink_where_decay_applies_to_them(kind, decayed, ends):
    network = torch.nn.Conv3d(1, 2, 1)
    torch.nn.init.ones_(network.weight)
    torch.nn.init.ones_(network.bias)
    config = OptimiserConfig(
        kind=kind, decayed=decayed, weight_decay=0.5, learning_rate=0.1, momentum=0.0
    )
    optimiser = make_optimiser(config, network.parameters())
    for weight in network.parameters():
        weight.grad = torch.zeros_like(weight)
    optimiser.step()
    for weight, end in zip((network.weight, network.bias), ends, strict=True):
        torch.testing.assert_close(weight.detach(), torch.full_like(weight, end))


@pytest.mark.parametrize("decayed", ["all", "kernels"])
def test_every_weight_is_in_one_group_whatever_decays(decayed):
    network = torch.nn.Sequential(torch.nn.Conv3d(1, 2, 1), torch.nn.GroupNorm(1, 2))
    optimiser = make_optimiser(OptimiserConfig(decayed=decayed), network.parameters())
    held = [id(weight) for group in optimiser.param_groups for weight in group["params"]]
    assert sorted(held) == sorted(id(weight) for weight in network.parameters())


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_a_fused_update_is_the_same_but_for_rounding(kind):
    ends = []
    for fused in (False, True):
        generator = torch.Generator().manual_seed(0)
        weight = torch.nn.Parameter(torch.ones(5, 4))
        config = OptimiserConfig(kind=kind, fused=fused, learning_rate=0.1, weight_decay=0.1)
        optimiser = make_optimiser(config, [weight])
        assert optimiser.defaults["fused" if fused else "foreach"] is True
        for _ in range(5):
            weight.grad = torch.randn(5, 4, generator=generator)
            optimiser.step()
        ends.append(weight.detach())
    torch.testing.assert_close(*ends)


@pytest.mark.parametrize(
    "wrong", [{"warmup": 1.0}, {"final": 1.5}, {"momentum": 1.0}, {"ema_decay": 1.0}, {"kind": "x"}]
)
def test_what_is_out_of_range_is_refused_by_name(wrong):
    (name,) = wrong
    with pytest.raises(ParameterError, match=f"^Parameter `{name}` should be "):
        OptimiserConfig(**wrong)
