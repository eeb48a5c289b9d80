"""Violations: nil exactly where feasible, and without units."""

import numpy as np
from pymoo.core.population import Population

from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.pymoo_population import Judge, loss_units, make_individual, valued


def population(*violations):
    made = [
        make_individual(k, {}, None if v is None else (0.0,), v or (), np.ones(1))
        for k, v in enumerate(violations)
    ]
    return Population.create(*made)


def judged(*violations):
    some = population(*violations)
    Judge(len(next(v for v in violations if v is not None))).judge(some)
    return some.get("CV")[:, 0].tolist()


def test_a_violation_is_the_sum_of_parts_of_the_largest_seen():
    assert judged((-1.0, 0.0), (5.0, -3.0), (10.0, 0.002), (0.0, 0.001)) == [0.0, 0.5, 2.0, 0.5]


def test_units_do_not_matter():
    some = [(0.3, -1.0), (0.2, 4.0), (-5.0, 1.0)]
    assert judged(*some) == judged(*((a * 2**20, b / 2**20) for a, b in some))


def test_a_metric_that_was_not_reported_is_worse_than_one_that_was_and_a_failure_worst():
    values = judged((np.inf, np.inf), (7.0, 3.0), (np.inf, 0.0), None)
    assert values == [4.0, 2.0, 2.0, 5.0]


def test_what_was_large_once_is_remembered():
    judge, later = Judge(1), population((2.0,))
    judge.judge(population((8.0,)))
    judge.judge(later)
    assert later.get("CV").tolist() == [[0.25]]


def test_without_constraints_only_a_failure_is_infeasible():
    some = population((), None)
    Judge(0).judge(some)
    assert some.get("FEAS")[:, 0].tolist() == [True, False]


def test_values_are_those_of_complete_trials_each_once():
    some = population((1.0,), None, (0.0,))
    doubled = Population.merge(some, some)
    assert valued(doubled).get("index").tolist() == [0, 2]


def test_losses_are_measured_by_the_size_of_their_reference():
    assert loss_units(SearchProblem({}, 3, reference=(-4.0, 0.0, 0.5))).tolist() == [4, 1, 0.5]
    assert loss_units(SearchProblem({}, 2)).tolist() == [1, 1]
