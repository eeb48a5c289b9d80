"""What every searcher does about constraints, infeasible trials and lost ones."""

import numpy as np
import pytest
from searching import LEARNERS, NAMES, VARIANTS, few, searcher_of

from pareto_search.constraint import Constraint
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice, Float, Int, contains

UNIT = {f"x{place}": Float(type="float", low=0, high=1) for place in range(3)}
MIXED = {
    "width": Int(type="int", low=1, high=20),
    "kind": Choice(type="choice", values=("a", "b")),
    "depth": Int(type="int", low=1, high=20, when={"kind": "a"}),
}
INFEASIBLE = Outcome(TrialState.FAILED, is_infeasible=True)

every_searcher = pytest.mark.parametrize("variant", VARIANTS, ids=NAMES)
every_learner = pytest.mark.parametrize("variant", LEARNERS, ids="-".join)


def complete(point, violations=()):
    """Both losses fall with every number of the point."""
    total = float(sum(value for value in point.values() if not isinstance(value, str)))
    return Outcome(TrialState.COMPLETE, (total, 2 * total), violations)


@every_searcher
@pytest.mark.parametrize(
    ("space", "text"), [(UNIT, "x0 + x1 >= 1.8"), (MIXED, "width * depth <= 20")], ids=["2 %", "if"]
)
def test_no_proposal_breaks_a_constraint_on_parameters(variant, space, text):
    problem = {"parameter_constraints": (Constraint(text),)}
    searcher = searcher_of(variant, space, problem=problem, population=8, startup=4)
    points = []
    for index in range(few(variant, 40)):
        points.append(searcher.ask(index))
        searcher.tell(index, complete(points[-1]))
    assert all(contains(space, point) for point in points)
    assert (
        max(Constraint(text).violation(p) for p in points if "kind" not in p or "depth" in p) <= 0
    )


@every_searcher
def test_constraints_that_leave_nothing_are_named(variant):
    problem = {"parameter_constraints": (Constraint("width >= 30"),)}
    with pytest.raises(ValueError, match=r"`width >= 30` should leave some points"):
        searcher_of(variant, MIXED, problem=problem).ask(0)


@every_searcher
def test_proposals_keep_out_of_where_trials_were_infeasible(variant):
    """Two fifths of the space, towards which both losses fall."""
    searcher = searcher_of(variant, UNIT, population=8, startup=8)
    for index in range(few(variant, 60) + 10):
        point = searcher.ask(index)
        searcher.tell(index, INFEASIBLE if point["x0"] < 0.4 else complete(point))
    late = [searcher.ask(100 + place)["x0"] for place in range(few(variant, 40))]
    assert np.mean(np.array(late) < 0.3) <= 0.1


@every_searcher
def test_an_infeasible_trial_has_no_value_however_large(variant):
    points = []
    for losses in (None, (-1e12, 1e12)):
        searcher = searcher_of(variant, UNIT, population=4, startup=4)
        for index in range(few(variant, 60)):
            point = searcher.ask(index)
            failed = Outcome(TrialState.FAILED, losses, is_infeasible=True)
            searcher.tell(index, failed if index % 3 == 2 else complete(point))
        points.append([searcher.ask(100 + place) for place in range(3)])
    assert points[0] == points[1]


@every_searcher
def test_a_lost_trial_leaves_no_trace(variant):
    points = []
    for is_lost in (False, True):
        searcher = searcher_of(variant, UNIT, population=4, startup=4)
        for index in range(12):
            point = dict.fromkeys(UNIT, 0.05 * (index + 1))
            searcher.adopt(index, point)
            searcher.tell(index, complete(point))
        if is_lost:
            searcher.adopt(50, dict.fromkeys(UNIT, 0.01))
            searcher.tell(50, Outcome(TrialState.FAILED))
        points.append([searcher.ask(100 + place) for place in range(3)])
    assert points[0] == points[1]


@every_learner
def test_a_declared_constraint_is_learned_from_its_violations(variant):
    """Both losses fall towards x0 = 0, of which the constraint allows half."""
    late = {}
    for is_stated in (False, True):
        problem = {"num_constraints": int(is_stated)}
        searcher = searcher_of(variant, UNIT, problem=problem, population=8, startup=8)
        for index in range(few(variant, 72) + 8):
            point = searcher.ask(index)
            violations = (0.5 - point["x0"],) if is_stated else ()
            searcher.tell(index, complete(point, violations))
        late[is_stated] = [searcher.ask(100 + i)["x0"] for i in range(few(variant, 40))]
    assert np.mean(late[True]) > np.mean(late[False]) + 0.12


@every_searcher
def test_a_metric_that_was_not_reported_is_a_violation_without_end(variant):
    searcher = searcher_of(variant, UNIT, problem={"num_constraints": 2}, population=4, startup=4)
    for index in range(few(variant, 40)):
        point = searcher.ask(index)
        searcher.tell(index, complete(point, (float("inf"), -1.0) if index % 2 else (-1.0, 0.5)))
    assert contains(UNIT, searcher.ask(100))
