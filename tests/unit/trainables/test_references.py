"""What a reference is: the mean of the first steps that count, then frozen."""

import math

import pytest
import torch

from trainables.errors import ParameterError
from trainables.references import FrozenMeans


def test_the_mean_is_of_the_steps_after_the_delay_and_then_frozen():
    means = FrozenMeans(1, steps=3, delay=2)
    known = []
    for loss in (100.0, 50.0, 1.0, 2.0, 6.0, 1000.0):
        means.observe(torch.tensor([loss]))
        known.append(bool(means.is_known))
    assert means.values.tolist() == [3.0]
    assert known == [False, False, True, True, True, True]


def test_a_loss_that_is_zero_not_finite_or_not_seen_does_not_count():
    means = FrozenMeans(4, steps=5)
    means.observe(torch.tensor([0.0, math.nan, math.inf, 2.0]))
    means.observe(torch.ones(4), seen=torch.tensor([True, True, True, False]))
    assert means.counts.tolist() == [1, 1, 1, 1]
    assert means.values.tolist() == [1.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "arguments", "least"),
    [
        ("size", (0, 1), 1),
        ("size", (2.0, 1), 1),
        ("steps", (2, 0), 1),
        ("steps", (2, math.nan), 1),
        ("delay", (2, 1, -1), 0),
        ("delay", (2, 1, True), 0),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(name, arguments, least):
    rule = rf"^Parameter `{name}` should be a whole number, at least {least}\. Found `{name} = "
    with pytest.raises(ParameterError, match=rule):
        FrozenMeans(*arguments)


@pytest.mark.parametrize("losses", [torch.ones(3), torch.ones(1), torch.tensor(1.0)])
def test_more_or_fewer_losses_than_are_watched_are_refused(losses):
    with pytest.raises(ParameterError, match=r"`losses` should be of shape \(2,\)"):
        FrozenMeans(2, steps=1).observe(losses)


def test_a_state_of_another_size_in_either_part_is_refused():
    means, other = FrozenMeans(2, steps=1), FrozenMeans(3, steps=1)
    for name in ("means", "counts"):
        state = means.state_dict() | {name: other.state_dict()[name]}
        with pytest.raises(ParameterError, match=r"`state` should be of 2 losses. Found"):
            means.load_state_dict(state)
