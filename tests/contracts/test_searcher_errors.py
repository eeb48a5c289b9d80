"""What every searcher refuses, and that a refusal leaves it as it was."""

import pytest
from searching import NAMES, VARIANTS, searcher_of

from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice, Float, Int, contains

UNIT = {f"x{place}": Float(type="float", low=0, high=1) for place in range(3)}
SMALL = {
    "a": Int(type="int", low=0, high=3),
    "b": Choice(type="choice", values=("u", "v")),
}


@pytest.fixture(params=VARIANTS, ids=NAMES)
def make(request):
    return lambda space: searcher_of(request.param, space)


def complete(*losses):
    return Outcome(TrialState.COMPLETE, losses)


def test_an_index_begins_once(make):
    searcher = make(UNIT)
    point = searcher.ask(0)
    with pytest.raises(ValueError, match="begin once"):
        searcher.ask(0)
    with pytest.raises(ValueError, match="begin once"):
        searcher.adopt(0, point)


def test_a_trial_is_told_once_and_only_when_it_runs(make):
    searcher = make(UNIT)
    searcher.ask(0)
    searcher.tell(0, Outcome(TrialState.FAILED))
    for index in (0, 7):
        with pytest.raises(ValueError, match=f"Found index = {index}"):
            searcher.tell(index, complete(0.0, 1.0))


@pytest.mark.parametrize("losses", [None, (1.0,), (1.0, 2.0, 3.0), (1.0, float("nan"))])
def test_a_complete_trial_has_a_finite_loss_for_each_objective(make, losses):
    searcher = make(UNIT)
    searcher.ask(0)
    with pytest.raises(ValueError, match="2 finite losses"):
        searcher.tell(0, Outcome(TrialState.COMPLETE, losses))
    searcher.tell(0, complete(1.0, 2.0))
    assert contains(UNIT, searcher.ask(1))


@pytest.mark.parametrize(
    "point",
    [
        {"a": 9, "b": "u"},
        {"a": 1},
        {"a": 1, "b": "u", "c": 0},
        {"a": 1, "b": "w"},
        {"a": 1.5, "b": "u"},
    ],
)
def test_a_point_outside_the_space_is_refused_and_leaves_no_trace(make, point):
    searcher = make(SMALL)
    with pytest.raises(ValueError, match="exactly the active keys"):
        searcher.adopt(0, point)
    assert searcher.ask(0) == make(SMALL).ask(0)
