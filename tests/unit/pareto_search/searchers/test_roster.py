"""The roster: which points are new, and which randomness a trial may use."""

import pytest

from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.searchers.roster import ATTEMPTS, Roster, proposal_seeds
from pareto_search.space import Int, contains

SPACE = {"a": Int(type="int", low=1, high=2)}


def test_seeds_are_different_for_every_trial_and_every_attempt():
    seeds = [seed for index in range(50) for seed in proposal_seeds(0, index)]
    assert len(set(seeds)) == 50 * ATTEMPTS
    assert proposal_seeds(0, 3) == proposal_seeds(0, 3)
    assert proposal_seeds(1, 3) != proposal_seeds(0, 3)


def test_a_point_seen_before_is_drawn_again():
    roster = Roster(SPACE, 2)
    roster.begin(0, {"a": 1})
    draws = iter([{"a": 1}, {"a": 2}])
    assert roster.unseen(lambda _: next(draws), range(ATTEMPTS)) == {"a": 2}


def test_a_searcher_that_repeats_itself_is_helped_out_by_chance():
    roster = Roster(SPACE, 2)
    roster.begin(0, {"a": 1})
    assert roster.unseen(lambda _: {"a": 1}, range(40)) == {"a": 2}


def test_a_space_used_up_repeats_what_the_searcher_wanted_first():
    roster = Roster(SPACE, 2)
    roster.begin(0, {"a": 1})
    roster.begin(1, {"a": 2})
    draws = iter([{"a": 2}, {"a": 1}, {"a": 1}, {"a": 1}])
    assert roster.unseen(lambda _: next(draws), range(ATTEMPTS)) == {"a": 2}


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.STOPPED])
def test_only_a_complete_trial_has_losses(state):
    roster = Roster(SPACE, 2)
    for index in range(2):
        roster.begin(index, {"a": 1})
    assert roster.end(0, Outcome(state, (1.0, 2.0))) is None
    assert roster.end(1, Outcome(TrialState.COMPLETE, (1.0, 2.0))) == (1.0, 2.0)


def test_a_drawn_point_is_of_the_space():
    roster = Roster(SPACE, 2)
    assert contains(SPACE, roster.unseen(lambda seed: {"a": seed % 2 + 1}, [4, 5]))
