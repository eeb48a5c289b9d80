import pytest

from pareto_search.searchers.prefetch import Prefetch


def seen(most, workers, asking_s, trial_s):
    """The policy after 20 trials of `trial_s` on busy workers."""
    ahead = Prefetch(most, workers)
    for trial in range(20):
        ahead.asked(asking_s)
        ahead.completed(trial_s, trial * trial_s / workers)
    return ahead


@pytest.mark.parametrize(
    ("workers", "asking_s", "trial_s", "number"),
    [
        (1, 100.0, 1.0, 0),  # one worker: always fresh
        (8, 0.59, 60.0, 0),  # under one per cent of a trial's time
        (8, 0.61, 60.0, 1),
        (32, 1.0, 60.0, 1),
        (32, 3.0, 60.0, 2),  # 32 / 60 trials end each second, so 1.6 in one ask
        (32, 30.0, 60.0, 16),
        (32, 600.0, 60.0, 32),  # a sampler that cannot keep up: no more than there are workers
    ],
)
def test_as_many_are_ahead_as_trials_end_while_one_is_asked(workers, asking_s, trial_s, number):
    assert seen("auto", workers, asking_s, trial_s).number == number


@pytest.mark.parametrize(("most", "number"), [(0, 0), (1, 1), (5, 5), (16, 16), (99, 16)])
def test_the_recipes_bound_is_kept(most, number):
    assert seen(most, 32, 30.0, 60.0).number == number


def test_before_anything_was_measured_nothing_is_asked_ahead():
    ahead = Prefetch("auto", 8)
    assert ahead.number == 0
    ahead.asked(5.0)
    ahead.completed(1.0, 0.0)
    assert ahead.number == 0


def test_trials_that_end_together_are_met_with_the_most_there_may_be():
    ahead = Prefetch("auto", 8)
    for _ in range(8):
        ahead.asked(5.0)
        ahead.completed(1.0, 3.0)
    assert ahead.number == 8


def test_one_slow_proposal_such_as_the_first_with_its_imports_changes_nothing():
    ahead = seen("auto", 8, 0.001, 60.0)
    ahead.asked(30.0)
    assert ahead.number == 0
