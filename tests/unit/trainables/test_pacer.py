"""The pace that a signal drives: when a loss counts as flat, and what is refused."""

import math
import random
from itertools import pairwise

import pytest
import torch
from scipy.stats import linregress

from trainables.curriculum import CurriculumConfig, pace
from trainables.errors import ParameterError
from trainables.pacer import Pacer

STEPS = 60


def config_of(**settings):
    return CurriculumConfig(**{"advance": "signal", "warmup": 0.5, "window": 4, **settings})


def paces(config, losses, pacer=None):
    """The pace at each step of a run with these losses of shell 0."""
    pacer = pacer or Pacer(config)
    course = []
    for step, loss in enumerate(losses):
        pacer.admission(step / len(losses))
        course.append(pacer.pace)
        pacer.observe(torch.tensor(loss))
    return course


def test_by_schedule_it_is_the_pace_of_the_schedule_whatever_the_losses():
    config = CurriculumConfig(warmup=0.4, pace="cosine", start=0.2)
    falling = [0.8**step for step in range(STEPS)]
    assert paces(config, falling) == [pace(step / STEPS, config) for step in range(STEPS)]


def test_a_loss_that_falls_holds_the_pace_until_the_warm_up_ends():
    course = paces(config_of(), [0.8**step for step in range(STEPS)])
    assert set(course[: STEPS // 2]) == {0.0}
    assert set(course[STEPS // 2 :]) == {1.0}


def test_a_flat_loss_admits_everything_over_one_window_before_the_warm_up_ends():
    config = config_of(window=8)
    course = paces(config, [0.3] * STEPS)
    assert course[:17] == [0.0] * 8 + [step / 8 for step in range(1, 9)] + [1.0]
    assert pace(16 / STEPS, config) < 1


def test_a_falling_loss_that_flattens_holds_and_then_admits_along_the_course():
    losses = [0.7**step for step in range(15)] + [0.7**14] * (STEPS - 15)
    course = paces(config_of(window=8, pace="quadratic"), losses)
    assert course[:15] == [0.0] * 15
    begun = next(step for step, value in enumerate(course) if value)
    assert course[begun : begun + 8] == [(step / 8) ** 2 for step in range(1, 9)]


def test_a_loss_that_rises_is_not_waited_for():
    course = paces(config_of(), [1.1**step for step in range(STEPS)])
    assert course[4:9] == [0.25, 0.5, 0.75, 1.0, 1.0]


@pytest.mark.parametrize("flatness", [0.0, 0.1, 0.5])
def test_a_step_is_flat_where_an_independent_regression_says_so(flatness):
    """Scipy's line and its standard error decide alike, on noise with a slow fall."""
    config = config_of(window=20, flatness=flatness, warmup=1.0)
    noise = random.Random(0)
    losses = [math.exp(noise.gauss(-0.02 * step, 0.4)) for step in range(200)]
    expected = [0]
    for step in range(1, 200):
        line = linregress(range(20), losses[step - 20 : step]) if step >= 20 else None
        mean = sum(losses[max(0, step - 20) : step]) / 20
        is_flat = line is not None and -(line.slope + line.stderr) * 20 <= flatness * mean
        expected.append(min(20, expected[-1] + is_flat))
    found = paces(config, losses)
    assert found == [count / 20 for count in expected]
    assert len(set(expected)) > 5


def test_noise_on_a_plateau_seldom_holds_the_pace_and_never_hides_a_steep_fall():
    """Losses that scatter by 60 %, as batches of small patches do."""
    noise = random.Random(0)
    scatter = [math.exp(noise.gauss(0, 0.6)) for _ in range(400)]
    config = config_of(window=50, warmup=1.0)
    flat = paces(config, scatter)
    assert flat[120] == 1.0
    falling = paces(config, [value * 0.5 ** (step / 25) for step, value in enumerate(scatter)])
    assert falling[-1] < 0.1


def test_losses_that_say_nothing_are_passed_over():
    """A batch without a certain voxel, or one that overflowed, is no part of the window."""
    odd = [0.3, 0.3, 0.0, math.nan, 0.3, math.inf, 0.3, *[0.3] * (STEPS - 7)]
    assert paces(config_of(), odd)[6:9] == [0.0, 0.25, 0.5]


def test_an_accelerator_is_waited_for_only_while_the_losses_decide():
    class Watched(torch.Tensor):
        def __float__(self):
            raise AssertionError("read")

    loss = torch.tensor(0.3).as_subclass(Watched)
    Pacer(CurriculumConfig()).observe(loss)
    over = Pacer(config_of())
    over.admission(0.5)
    over.observe(loss)
    done = Pacer(config_of())
    for step in range(9):
        done.admission(step / 100)
        done.observe(torch.tensor(1.0))
    done.observe(loss)
    assert done.pace == 1.0
    with pytest.raises(AssertionError, match="read"):
        Pacer(config_of()).observe(loss)


def test_the_pace_is_that_of_the_last_step_even_after_a_restart():
    first = Pacer(config_of())
    paces(config_of(), [0.3] * 10, first)
    second = Pacer(config_of())
    second.load_state_dict(first.state_dict())
    assert second.pace == first.pace > 0


def test_a_state_taken_with_a_longer_window_is_cut_to_the_last_losses():
    first, second = Pacer(config_of(window=30, warmup=1.0)), Pacer(config_of())
    losses = [0.8**step for step in range(20)] + [0.3] * 4
    paces(config_of(), losses, first)
    second.load_state_dict(first.state_dict())
    assert second.state_dict()["losses"].tolist() == pytest.approx([0.3] * 4)


def test_a_pace_without_a_jump_follows_a_flat_loss_without_a_jump():
    course = paces(config_of(window=10, warmup=1.0), [0.3] * STEPS)
    assert max(b - a for a, b in pairwise(course)) == pytest.approx(0.1)


def test_progress_that_falls_is_refused():
    pacer = Pacer(config_of())
    pacer.admission(0.5)
    with pytest.raises(ParameterError, match=r"`progress = 0\.4` after 0\.5"):
        pacer.admission(0.4)


@pytest.mark.parametrize("progress", [-0.1, 1.1, math.nan])
def test_progress_outside_training_is_refused(progress):
    with pytest.raises(
        ParameterError, match=r"`progress` should be .* at least 0 and at most 1\. Found"
    ):
        Pacer(config_of()).admission(progress)


def test_losses_of_several_shells_are_refused():
    with pytest.raises(ParameterError, match=r"`certain_loss` should be one number.* \(2,\)"):
        Pacer(CurriculumConfig()).observe(torch.ones(2))


def test_a_state_of_another_kind_is_refused():
    with pytest.raises(ParameterError, match=r"`state` should hold \['flat_steps', 'losses'"):
        Pacer(config_of()).load_state_dict({"clock": torch.zeros(2)})
