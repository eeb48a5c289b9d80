"""Sweeps that went on for longer than others: all said of them is of equally many trials."""

import json
from dataclasses import replace

import numpy as np
import pytest
from comparing import PAIR, a_contestant, a_run, bent_front

from pareto_search.comparison import saying
from pareto_search.comparison.comparing import compare
from pareto_search.comparison.contestants import Contestant
from pareto_search.comparison.plain import as_json
from pareto_search.comparison.saying import verdict
from pareto_search.objective import Objective

FIRST = [(0.3, 0.6), (0.6, 0.3)]
BETTER = (0.1, 0.1)
STATED = "Numbers of trials differ: of each sweep only the first 2 count, in the picture too. "


def test_a_sweep_against_its_own_beginning_is_ahead_of_it_nowhere():
    found = compare([a_contestant("long", [*FIRST, BETTER]), a_contestant("short", FIRST)])
    (pair,) = found.pairs
    assert (pair.apart, pair.covers, pair.more) == (0, (1.0, 1.0), (0.0, 0.0))
    assert pair.shifts == (0.0, 0.0)
    assert pair.peaks == (None, None)
    assert verdict(found).startswith(STATED + "Nobody is ahead anywhere")


def test_who_is_ahead_is_the_same_in_the_line_and_in_the_sentence_though_the_other_went_further():
    short = [(0.2, 0.5), (0.5, 0.2)]
    found = compare([a_contestant("alpha", [*FIRST, BETTER]), a_contestant("short", short)])
    assert saying.tested_line(found.pairs[0]).startswith("alpha - short: hypervolume -0.")
    assert verdict(found).startswith(STATED + "short is ahead throughout.")


@pytest.mark.parametrize("seed", range(5))
def test_differences_add_up_to_the_difference_in_hypervolume_with_any_budgets(seed):
    generator = np.random.default_rng(seed)
    sides = {
        label: [bent_front(generator, int(generator.integers(3, 15))) for _ in range(3)]
        for label in "ab"
    }
    found = compare([a_contestant(label, *runs) for label, runs in sides.items()])
    assert not found.is_even
    (pair,) = found.pairs
    shares = float((pair.difference.share * pair.difference.areas).sum())
    assert shares == pytest.approx(pair.apart)
    assert pair.apart == pytest.approx(found.standings[0].fair.mean - found.standings[1].fair.mean)


def test_all_but_the_volume_of_all_trials_is_as_if_the_sweeps_had_ended_then():
    generator = np.random.default_rng(0)
    long = [bent_front(generator, 12) for _ in range(3)]
    short = [bent_front(generator, 5) for _ in range(3)]
    found = as_json(compare([a_contestant("a", *long), a_contestant("b", *short)]))
    ended = as_json(compare([a_contestant("a", *(r[:5] for r in long)), a_contestant("b", *short)]))
    assert [found[key] for key in ("pairs", "leads", "joint_front")] == [
        ended[key] for key in ("pairs", "leads", "joint_front")
    ]
    for one, other in zip(found["contestants"], ended["contestants"], strict=True):
        for key in ("front", "held_of_joint_front", "hypervolume_lost_without"):
            assert one[key] == other[key]
        assert one["hypervolume_at_common_trials"] == other["hypervolume"]


def test_the_first_trials_are_those_that_ended_first():
    run = a_run("late", [BETTER, *FIRST])
    turned = replace(run, finished=(*run.finished[1:], run.finished[0]))
    found = compare([Contestant("late", (turned,)), a_contestant("short", FIRST)])
    assert verdict(found).startswith(STATED + "Nobody is ahead anywhere")


def test_with_three_objectives_the_front_of_all_is_that_of_equally_many_trials():
    three = (*PAIR, Objective(name="f3", reference=1.0))
    first, better = (0.2, 0.3, 0.4), (0.1, 0.1, 0.1)
    sides = {"a": [first, better], "b": [first]}
    found = compare([a_contestant(n, points, objectives=three) for n, points in sides.items()])
    assert "Of 1 points on the front of all, these hold: a 1, b 1." in verdict(found)
    assert "of each sweep only the first counts" in verdict(found)


def test_json_says_how_many_trials_were_compared_and_whether_these_are_all():
    found = compare([a_contestant("a", [*FIRST, BETTER]), a_contestant("b", FIRST)])
    told = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert told["compared"] == {"first_trials_of_each": 2, "is_all": False}
    even = as_json(compare([a_contestant("a", FIRST), a_contestant("b", FIRST)]))
    assert even["compared"] == {"first_trials_of_each": 2, "is_all": True}
    assert "Numbers of trials" not in even["verdict"]
