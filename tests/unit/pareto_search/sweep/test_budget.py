"""Each part of a budget ends the sweep by itself, and says so with its numbers."""

import pytest

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.sweep.budget import Budget


def budget(resources=None, repeats=1, **limits):
    return Budget(
        SweepConfig.model_validate(
            {
                "name": "unit",
                "trainable": "some.module:train",
                "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
                "space": {"x": {"type": "float", "low": 0, "high": 1}},
                "budget": {"trials": 100, **limits},
                "resources": resources or {},
                "seeds": {"repeats": repeats},
            }
        )
    )


def trial(index, f1, repeats=1, state=TrialState.COMPLETE):
    proposal = Proposal(index, {"x": index // repeats / 1000}, repeat=index % repeats)
    return TrialRecord(proposal, state, {"f1": f1, "f2": 0.5})


@pytest.mark.parametrize(
    ("limits", "elapsed_s", "worked_s", "words"),
    [
        ({"wall_time": "2m"}, 119.9, 0, None),
        ({"wall_time": "2m"}, 120.0, 0, "budget.wall_time: it ran for 120 s of 120 s."),
        ({"wall_time": "2h"}, 7500, 0, "budget.wall_time: it ran for 2.08 h of 2 h."),
        ({"gpu_hours": 2}, 9e9, 4 * 3600 - 1, None),
        ({"gpu_hours": 2}, 0, 4 * 3600, "budget.gpu_hours: its trials took 2 of 2."),
        ({"cpu_hours": 10}, 0, 3600 * 10 / 3, "budget.cpu_hours: its trials took 10 of 10."),
        ({"cpu_hours": 1, "wall_time": 9}, 10, 9e9, "budget.wall_time"),
        ({}, 9e9, 9e9, None),
    ],
)
def test_hours_count_by_what_a_trial_occupies(limits, elapsed_s, worked_s, words):
    found = budget({"cpu": 3, "gpu": 0.5}, **limits).used_up([], elapsed_s, worked_s)
    assert found is words or found.startswith(words)


def test_the_last_trial_uses_up_the_trials():
    records = [trial(index, 0.5) for index in range(4)]
    assert budget(trials=5).used_up(records, 0, 0) is None
    assert budget(trials=4).used_up(records, 0, 0) == "budget.trials: all 4 have ended."


def ends_after(records, **limits):
    """After how many of `records` the sweep ends, told of them one by one."""
    watched = budget(**limits)
    for count in range(len(records) + 1):
        if watched.used_up(records[:count], 0, 0):
            return count
    return None


STAGNATION = {"stagnation": {"trials": 3, "tolerance": 0.1}}


def test_a_sweep_ends_when_its_hypervolume_rose_too_little_over_the_last_trials():
    """Volumes with f2 = 0.5: (1 - f1) / 2, here 0.1, 0.3, 0.4, 0.41, 0.42, 0.42."""
    records = [trial(i, f1) for i, f1 in enumerate([0.8, 0.4, 0.2, 0.18, 0.16, 0.9])]
    assert ends_after(records, **STAGNATION) == 6  # 0.4 to 0.42 is less than a tenth of 0.42
    assert ends_after(records, stagnation={"trials": 2, "tolerance": 0.1}) == 5
    assert ends_after(records, stagnation={"trials": 3, "tolerance": 0.01}) is None


def test_told_at_once_or_one_by_one_it_says_the_same():
    records = [trial(i, 1 - i / 8) for i in range(6)] + [trial(9, 1.0)] * 3
    alone = budget(**STAGNATION)
    for count in range(len(records)):
        one_by_one = alone.used_up(records[:count], 0, 0)
        assert budget(**STAGNATION).used_up(records[:count], 0, 0) == one_by_one


def test_before_anything_is_better_than_the_reference_point_nothing_stagnates():
    assert ends_after([trial(i, 2.0) for i in range(20)], **STAGNATION) is None


def test_failed_trials_count_as_trials_that_brought_nothing():
    records = [trial(0, 0.5), *(trial(i, 0.0, state=TrialState.FAILED) for i in range(1, 9))]
    assert ends_after(records, **STAGNATION) == 4


def test_repeats_bring_their_mean_with_the_last_of_them():
    pairs = [0.9, 0.1, 0.4, 0.2]  # means 0.5 and 0.3: volumes 0, 0.25, 0.25, 0.35
    records = [trial(i, f1, repeats=2) for i, f1 in enumerate(pairs)]
    watched = budget(repeats=2, stagnation={"trials": 2, "tolerance": 0.3})
    assert watched.used_up(records[:3], 0, 0) is None
    message = watched.used_up(records, 0, 0)
    assert message == (
        "budget.stagnation: the hypervolume, now 0.35, rose by 28.57% over the last 2 trials."
    )
