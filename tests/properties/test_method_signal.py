"""What the signal-driven pace promises, whatever the losses do."""

import math
from itertools import pairwise

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.curriculum import CurriculumConfig
from trainables.pacer import Pacer

CLAIM = settings(max_examples=30, deadline=None, derandomize=True)
STEPS = 60
ODD = st.sampled_from([0.0, math.nan, math.inf, -1.0])
LOSSES = st.lists(st.floats(1e-3, 1e3) | ODD, min_size=STEPS, max_size=STEPS)
CONFIGS = st.builds(
    CurriculumConfig,
    advance=st.just("signal"),
    warmup=st.floats(0, 1),
    start=st.floats(0, 1),
    pace=st.sampled_from(
        ["linear", "quadratic", "root", "exponential", "logarithmic", "cosine", "step"]
    ),
    window=st.integers(4, 12),
    flatness=st.floats(0, 0.5),
    shells=st.sampled_from([2, 3, 5]),
)


def follow(config, losses, pacer=None, start=0):
    """The pace and the admission at each step of a run with these losses of shell 0."""
    pacer = pacer or Pacer(config)
    course = []
    for step in range(start, len(losses)):
        admission = pacer.admission(step / STEPS)
        course.append((pacer.pace, admission.tolist()))
        pacer.observe(torch.tensor(losses[step]))
    return course


@CLAIM
@given(config=CONFIGS, losses=LOSSES)
def test_the_pace_and_every_admission_never_fall_and_stay_between_zero_and_one(config, losses):
    course = follow(config, losses)
    paces = [admitted for admitted, _ in course]
    assert paces == sorted(paces)
    assert 0 <= paces[0] <= paces[-1] <= 1
    for before, after in pairwise(course):
        assert all(0 <= a <= b <= 1 for a, b in zip(before[1], after[1], strict=True))
        assert before[1][0] == after[1][0] == 1


@CLAIM
@given(config=CONFIGS, losses=LOSSES)
def test_everything_is_admitted_from_the_end_of_the_warm_up_on_if_not_before(config, losses):
    for step, (admitted, admission) in enumerate(follow(config, losses)):
        if step / STEPS >= config.warmup:
            assert admitted == 1
            assert admission == [1.0] * config.shells


@CLAIM
@given(config=CONFIGS, losses=LOSSES, without=st.sampled_from([{"warmup": 0.0}, {"start": 1.0}]))
def test_without_warm_up_or_from_a_full_start_there_is_no_curriculum(config, losses, without):
    config = config.model_copy(update=without)
    assert all(admission == [1.0] * config.shells for _, admission in follow(config, losses))


@CLAIM
@given(config=CONFIGS, first=st.floats(1e-3, 1e3), part=st.floats(0.2, 0.85))
def test_a_loss_that_keeps_falling_holds_the_pace_at_its_start(config, first, part):
    config = config.model_copy(update={"flatness": 0.1})
    for step, (admitted, _) in enumerate(follow(config, [first * part**n for n in range(STEPS)])):
        if step / STEPS < config.warmup:
            assert admitted == config.start


@CLAIM
@given(config=CONFIGS, level=st.floats(1e-3, 1e3))
def test_a_flat_loss_admits_everything_within_two_windows(config, level):
    config = config.model_copy(update={"flatness": 0.01})
    assert all(admitted == 1 for admitted, _ in follow(config, [level] * STEPS)[24:])


@CLAIM
@given(config=CONFIGS, losses=LOSSES, odd=st.lists(ODD, min_size=1, max_size=5))
def test_losses_that_are_zero_or_not_finite_or_negative_move_nothing(config, losses, odd):
    """Seen in between, they leave what the pacer depends on as it was."""
    pacer = Pacer(config)
    follow(config, losses, pacer)
    before = pacer.state_dict()
    for value in odd:
        pacer.observe(torch.tensor(value))
    assert all(torch.equal(before[name], value) for name, value in pacer.state_dict().items())


@CLAIM
@given(config=CONFIGS, losses=LOSSES, scale=st.sampled_from([2.0**-10, 0.25, 2.0**10]))
def test_the_pace_does_not_depend_on_the_unit_of_the_loss(config, losses, scale):
    assert follow(config, losses) == follow(config, [value * scale for value in losses])


@CLAIM
@given(config=CONFIGS, losses=LOSSES, cut=st.integers(0, STEPS))
def test_a_resumed_pacer_goes_on_bit_for_bit(config, losses, cut):
    first = Pacer(config)
    follow(config, losses[:cut], first)
    second = Pacer(config)
    second.load_state_dict(first.state_dict())
    assert second.pace == first.pace
    assert follow(config, losses, second, cut) == follow(config, losses, first, cut)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
