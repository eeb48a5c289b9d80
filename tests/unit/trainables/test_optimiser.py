"""What the step width promises: it starts as asked, falls, and ends at 0."""

import pytest
import torch

from trainables.optimiser import (
    OptimiserConfig,
    learning_rate,
    make_optimiser,
    set_learning_rate,
)


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


def test_a_step_is_as_wide_as_the_rate_that_was_set():
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = make_optimiser(OptimiserConfig(weight_decay=0.0), [weight])
    set_learning_rate(optimiser, 0.5)
    weight.grad = torch.ones(1)
    optimiser.step()
    assert weight.item() == pytest.approx(-0.5)  # Adam's first step is the rate
