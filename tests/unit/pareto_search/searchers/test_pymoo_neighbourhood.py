"""MOEA/D: its subproblems in closed form, and whose place a newcomer takes."""

import numpy as np
import pytest
from pymoo.core.population import Population

from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.pymoo_directions import reference_directions
from pareto_search.searchers.pymoo_neighbourhood import Neighbourhoods
from pareto_search.searchers.pymoo_population import make_individual

SIZE = 10


def moead(m=2, constraints=0):
    return Neighbourhoods(SIZE, SearchProblem({}, m, num_constraints=constraints), seed=0)


def trial(index, *losses, violations=()):
    return make_individual(index, {}, losses, violations, np.ones(len(losses)))


def grown(rule, individuals, population=None):
    for one in individuals:
        population = rule.survivors(
            Population() if population is None else population,
            Population.create(one),
            np.random.default_rng(0),
        )
    return population


def chebyshev(losses, weights):
    return np.max(weights * losses, axis=-1)


def pbi(losses, weights):
    along = (losses * weights).sum(axis=-1) / np.linalg.norm(weights, axis=-1)
    unit = weights / np.linalg.norm(weights, axis=-1, keepdims=True)
    return along + 5 * np.linalg.norm(losses - along[..., None] * unit, axis=-1)


@pytest.mark.parametrize(("m", "closed_form"), [(2, chebyshev), (3, pbi), (5, pbi)])
def test_subproblems_are_as_published(m, closed_form):
    rule = moead(m)
    directions = reference_directions(SIZE, m)
    rng = np.random.default_rng(0)
    for _ in range(20):
        losses = np.tile(rng.random(m), (len(directions), 1))
        assert np.allclose(rule._value(losses), closed_form(losses, directions))


def test_each_place_of_the_first_population_holds_the_best_of_all_for_its_direction():
    """The corners come first, so that losses are scaled by the same range throughout."""
    rng = np.random.default_rng(1)
    rows = np.vstack([[0.0, 4.0], [2.0, 0.0], rng.random((SIZE - 2, 2)) * (2.0, 4.0)])
    population = grown(moead(), [trial(k, *row) for k, row in enumerate(rows)])
    unit = rows / (2.0, 4.0)
    for held, weights in zip(population, reference_directions(SIZE, 2), strict=True):
        best = chebyshev(unit, weights).min()
        assert chebyshev(held.F / (2.0, 4.0), weights) == pytest.approx(best)


def test_a_newcomer_takes_exactly_the_places_whose_subproblem_it_solves_better():
    rule = moead()
    ends_first = sorted(range(SIZE), key=lambda k: -abs(k - 4.5))
    population = grown(rule, [trial(k, k * 1.0, 9.0 - k) for k in ends_first])
    after = grown(rule, [trial(SIZE, 2.0, 5.0)], population)
    weights = reference_directions(SIZE, 2)
    unit = population.get("F").astype(float) / 9
    better = chebyshev(np.array([2.0, 5.0]) / 9, weights) < chebyshev(unit, weights)
    assert 0 < np.count_nonzero(better) < SIZE
    assert [one.get("index") == SIZE for one in after] == better.tolist()


def test_every_subproblem_has_its_turn():
    rule = moead()
    for turn in range(3):
        some = [rule._subproblem(k) for k in range(turn * SIZE, (turn + 1) * SIZE)]
        assert sorted(some) == list(range(SIZE))


def test_an_infeasible_newcomer_takes_no_place_of_a_feasible_one_but_that_of_a_worse():
    rule = moead(constraints=1)
    population = grown(rule, [trial(0, 1.0, 1.0, violations=(3.0,))])
    population = grown(rule, [trial(1, 5.0, 5.0, violations=(2.0,))], population)
    assert set(population.get("index")) == {1}
    population = grown(rule, [trial(2, 9.0, 9.0, violations=(-1.0,))], population)
    population = grown(rule, [trial(3, 0.0, 0.0, violations=(0.1,))], population)
    assert set(population.get("index")) == {2}


def test_parents_are_neighbours_mostly_and_never_one_twice():
    rule = moead()
    corners_first = sorted(range(SIZE), key=lambda k: -abs(k - 4.5))
    population = grown(rule, [trial(k, k * 1.0, 9.0 - k) for k in corners_first])
    near = 0
    for seed in range(200):
        one, other = rule.parents(SIZE, population, np.random.default_rng(seed))
        assert one is not other
        near += abs(one.F[0] - other.F[0]) <= 4
    assert near > 150
