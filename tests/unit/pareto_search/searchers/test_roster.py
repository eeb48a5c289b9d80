"""The roster: which points are new, and which randomness a trial may use."""

import pytest

from pareto_search.constraint import Constraint
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.searchers.roster import ATTEMPTS, Roster, proposal_seeds
from pareto_search.space import Float, Int, contains

SPACE = {"a": Int(type="int", low=1, high=2)}


def test_seeds_are_different_for_every_trial_and_every_attempt():
    seeds = [seed for index in range(50) for seed in proposal_seeds(0, index)]
    assert len(set(seeds)) == 50 * ATTEMPTS
    assert proposal_seeds(0, 3) == proposal_seeds(0, 3)
    assert proposal_seeds(1, 3) != proposal_seeds(0, 3)


def test_a_point_seen_before_is_drawn_again():
    roster = Roster(SearchProblem(SPACE, 2))
    roster.begin(0, {"a": 1})
    draws = iter([{"a": 1}, {"a": 2}])
    assert roster.unseen(lambda _: next(draws), range(ATTEMPTS)) == {"a": 2}


def test_a_searcher_that_repeats_itself_is_helped_out_by_chance():
    roster = Roster(SearchProblem(SPACE, 2))
    roster.begin(0, {"a": 1})
    assert roster.unseen(lambda _: {"a": 1}, range(40)) == {"a": 2}


def test_a_space_used_up_repeats_what_the_searcher_wanted_first():
    roster = Roster(SearchProblem(SPACE, 2))
    roster.begin(0, {"a": 1})
    roster.begin(1, {"a": 2})
    assert roster.unseen(lambda _: {"a": 2}, range(ATTEMPTS)) == {"a": 2}


def test_only_the_points_proposed_least_often_are_repeated():
    roster = Roster(SearchProblem(SPACE, 2))
    for index, value in enumerate((1, 2, 2)):
        roster.begin(index, {"a": value})
    assert roster.unseen(lambda _: {"a": 2}, range(ATTEMPTS)) == {"a": 1}


def test_the_last_unseen_point_is_found_though_no_draw_hits_it():
    space = {key: Int(type="int", low=1, high=50) for key in "xy"}
    roster = Roster(SearchProblem(space, 2))
    points = [{"x": x, "y": y} for x in range(1, 51) for y in range(1, 51)]
    for index, point in enumerate(points[:-1]):
        roster.begin(index, point)
    assert roster.unseen(lambda _: points[0], range(ATTEMPTS)) == points[-1]


def test_points_never_proposed_are_chosen_uniformly_when_draws_fail():
    space = {"a": Int(type="int", low=1, high=40)}
    chosen = []
    for seed in range(400):
        roster = Roster(SearchProblem(space, 2))
        for index in range(36):
            roster.begin(index, {"a": index + 1})
        chosen.append(roster.unseen(lambda _: {"a": 1}, [seed, seed + 1000])["a"])
    counts = [chosen.count(value) for value in range(37, 41)]
    assert sum(counts) == 400
    assert min(counts) > 70  # binomial(400, 1/4): 100, standard deviation 8.7


def test_a_lost_trial_was_never_proposed_and_an_infeasible_one_was():
    roster = Roster(SearchProblem(SPACE, 2))
    for index in range(3):
        roster.begin(index, {"a": 1})
    roster.end(0, Outcome(TrialState.FAILED))
    roster.end(1, Outcome(TrialState.FAILED, is_infeasible=True))
    roster.end(2, Outcome(TrialState.STOPPED))
    assert roster.count({"a": 1}) == 2


def test_what_the_constraints_forbid_is_never_given():
    space = {"x": Float(type="float", low=0, high=1), "y": Float(type="float", low=0, high=1)}
    problem = SearchProblem(space, 2, parameter_constraints=(Constraint("x + y <= 0.05"),))
    roster = Roster(problem)
    for seed in range(20):
        assert problem.allows(roster.unseen(lambda _: {"x": 0.9, "y": 0.9}, [seed, seed + 99]))


@pytest.mark.parametrize(
    "parameter", [Float(type="float", low=0, high=1), Int(type="int", low=0, high=9)], ids=repr
)
def test_constraints_that_leave_nothing_are_named(parameter):
    problem = SearchProblem({"x": parameter}, 2, parameter_constraints=(Constraint("x >= 10"),))
    with pytest.raises(ValueError, match=r"`x >= 10` should leave some points"):
        Roster(problem).unseen(lambda _: {"x": 0}, range(ATTEMPTS))


@pytest.mark.parametrize("violations", [(), (0.0, 1.0), (float("nan"),)])
def test_a_complete_trial_has_a_violation_for_each_constraint_on_metrics(violations):
    roster = Roster(SearchProblem(SPACE, 2, num_constraints=1))
    roster.begin(0, {"a": 1})
    with pytest.raises(ValueError, match="1 violations"):
        roster.end(0, Outcome(TrialState.COMPLETE, (1.0, 2.0), violations))


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.STOPPED])
def test_only_a_complete_trial_has_losses(state):
    roster = Roster(SearchProblem(SPACE, 2))
    for index in range(2):
        roster.begin(index, {"a": 1})
    assert roster.end(0, Outcome(state, (1.0, 2.0))) is None
    assert roster.end(1, Outcome(TrialState.COMPLETE, (1.0, 2.0))) == (1.0, 2.0)


def test_a_drawn_point_is_of_the_space():
    roster = Roster(SearchProblem(SPACE, 2))
    assert contains(SPACE, roster.unseen(lambda seed: {"a": seed % 2 + 1}, [4, 5]))
