"""What every searcher does before it knows anything, and when there is nothing new left."""

from collections import Counter

import numpy as np
import pytest
from searching import NAMES, VARIANTS, searcher_of

from pareto_search.constraint import Constraint
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice, Float, Int, digest

SMALL = {
    "kind": Choice(type="choice", values=("a", "b")),
    "n": Int(type="int", low=1, high=6),
    "m": Int(type="int", low=1, high=3, when={"kind": "b", "n": [1, 2]}),
}
ALLOWED = 6 + 3 + 1 + 4  # a: any n; b: n = 1 with any m, n = 2 with m = 1, n = 3..6
FITS = Constraint("n * m <= 3")

every_searcher = pytest.mark.parametrize("variant", VARIANTS, ids=NAMES)


@every_searcher
def test_a_small_space_is_used_up_before_a_point_comes_again_and_then_evenly(variant):
    """Conditional and constrained, with four trials running at any time, some of them failing."""
    problem = {"parameter_constraints": (FITS,)}
    searcher = searcher_of(variant, SMALL, problem=problem, population=4, startup=4)
    proposed = []
    for index in range(2 * ALLOWED):
        proposed.append(digest(searcher.ask(index)))
        if index >= 4:
            searcher.tell(index - 4, ending(index - 4))
    assert len(set(proposed[:ALLOWED])) == ALLOWED
    assert set(Counter(proposed).values()) == {2}


def ending(index):
    if index % 5 == 4:
        return Outcome(TrialState.FAILED, is_infeasible=True)
    if index % 7 == 6:
        return Outcome(TrialState.STOPPED)
    return Outcome(TrialState.COMPLETE, (float(index % 3), float(index % 4)))


@every_searcher
def test_a_point_whose_trial_was_lost_is_proposed_again(variant):
    space = {"n": Int(type="int", low=1, high=3)}
    searcher = searcher_of(variant, space, population=4, startup=4)
    points = [searcher.ask(index)["n"] for index in range(3)]
    searcher.tell(1, Outcome(TrialState.FAILED))
    assert sorted(points) == [1, 2, 3]
    assert searcher.ask(3)["n"] == points[1]


@every_searcher
def test_the_first_proposals_look_more_often_where_a_prior_is(variant):
    """A quarter of uniform points lie above 0.75, and 0.58 of those of which half are likely."""
    space = {
        "x": Float(type="float", low=0, high=1, prior=0.9, confidence="high"),
        "y": Float(type="float", low=0, high=1),
    }
    points = []
    for seed in range(12):
        searcher = searcher_of(variant, space, seed, population=8, startup=8)
        points += [searcher.ask(index) for index in range(8)]
    assert np.mean([point["x"] > 0.75 for point in points]) > 0.42  # standard error 0.05
    assert 0.15 < np.mean([point["y"] > 0.75 for point in points]) < 0.35


@every_searcher
def test_a_prior_that_misleads_does_not_hide_the_rest(variant):
    space = {"x": Float(type="float", low=0, high=1, prior=0.95, confidence="high")}
    points = []
    for seed in range(12):
        searcher = searcher_of(variant, space, seed, population=8, startup=8)
        points += [searcher.ask(index)["x"] for index in range(8)]
    assert np.mean(np.array(points) < 0.5) > 0.12  # half of a uniform half: 0.25
