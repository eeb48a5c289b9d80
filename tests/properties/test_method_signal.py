"""What the signal-driven pace promises, whatever the losses do."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.curriculum import CurriculumConfig, pace
from trainables.errors import ParameterError
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
    pace=st.sampled_from(["linear", "quadratic", "root", "cosine", "step"]),
    window=st.integers(4, 12),
    flatness=st.floats(0, 0.5),
    shells=st.sampled_from([2, 3, 5]),
)


def follow(config, losses, pacer=None, start=0):
    """The pace and the admission at each step of a run with these losses of shell 0."""
    pacer = pacer or Pacer(config)
    course = []
    for step in range(start, len(losses)):
        admission = pacer.admission(step / len(losses))
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
        assert all(a <= b for a, b in zip(before[1], after[1], strict=True))
        assert before[1][0] == after[1][0] == 1


@CLAIM
@given(config=CONFIGS, losses=LOSSES)
def test_the_boundary_never_comes_before_the_schedule_and_is_all_there_at_its_end(config, losses):
    for step, (admitted, _) in enumerate(follow(config, losses)):
        scheduled = pace(step / STEPS, config)
        assert admitted <= scheduled + 1e-9
        if step / STEPS >= config.warmup:
            assert admitted == 1


@CLAIM
@given(config=CONFIGS, losses=LOSSES, without=st.sampled_from([{"warmup": 0.0}, {"start": 1.0}]))
def test_without_warm_up_or_from_a_full_start_there_is_no_curriculum(config, losses, without):
    config = config.model_copy(update=without)
    assert all(admission == [1.0] * config.shells for _, admission in follow(config, losses))


@CLAIM
@given(config=CONFIGS, losses=LOSSES, cut=st.integers(0, STEPS))
def test_a_resumed_pacer_goes_on_bit_for_bit(config, losses, cut):
    first = Pacer(config)
    for step in range(cut):
        first.admission(step / STEPS)
        first.observe(torch.tensor(losses[step]))
    second = Pacer(config)
    second.load_state_dict(first.state_dict())
    assert follow(config, losses, second, cut) == follow(config, losses, first, cut)


def config_of(**settings):
    return CurriculumConfig(**{"advance": "signal", "warmup": 0.5, "window": 4, **settings})


def test_a_loss_that_falls_holds_the_pace_until_the_warm_up_ends():
    course = follow(config_of(), [0.8**step for step in range(STEPS)])
    assert {admitted for admitted, _ in course[: STEPS // 2]} == {0.0}
    assert course[STEPS // 2][0] == 1.0


def test_a_flat_loss_lets_the_pace_go_on_and_catch_up_with_the_schedule():
    """It waits for a full window, then arrives where the schedule does."""
    course = follow(config_of(), [0.3] * STEPS)
    admitted = [value for value, _ in course]
    assert admitted[:5] == [0.0] * 4 + [admitted[4]]
    assert all(a < b for a, b in pairwise(admitted[4:30]))
    assert admitted[29] > 0.9


def test_a_falling_loss_that_then_flattens_holds_and_then_admits():
    losses = [0.7**step for step in range(15)] + [0.7**14] * (STEPS - 15)
    admitted = [value for value, _ in follow(config_of(), losses)]
    assert admitted[:15] == [0.0] * 15
    assert 0 < admitted[25] < 1


def test_losses_that_say_nothing_are_passed_over():
    """A batch without a certain voxel, or one that overflowed, does not move the slope."""
    losses = [0.3] * STEPS
    odd = [0.3, 0.3, 0.0, math.nan, *losses[4:]]
    assert follow(config_of(), odd)[10][0] > 0
    assert all(math.isfinite(admitted) for admitted, _ in follow(config_of(), odd))


def test_progress_that_falls_is_refused():
    pacer = Pacer(config_of())
    pacer.admission(0.5)
    with pytest.raises(ParameterError, match=r"`progress = 0\.4` after 0\.5"):
        pacer.admission(0.4)


def test_a_state_of_another_kind_is_refused():
    with pytest.raises(ParameterError, match="`state`"):
        Pacer(config_of()).load_state_dict({"clock": torch.zeros(2)})
