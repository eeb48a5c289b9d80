"""Operators: whose they are, and what children come of them."""

import numpy as np
import pytest
from pymoo.core.individual import Individual
from pymoo.core.population import Population
from pymoo.core.problem import Problem

from pareto_search.searchers.pymoo_genes import GeneCode
from pareto_search.searchers.pymoo_mating import Mating, Tournament
from pareto_search.space import Choice, Float

SPACE = {
    "x": Float(type="float", low=0, high=1),
    "kind": Choice(type="choice", values=("a", "b", "c")),
    "fixed": Choice(type="choice", values=("only",)),
}


def make_mating():
    return Mating(Problem(vars=GeneCode(SPACE).variables, n_obj=2))


def individual(losses, violation=0.0, rank=0, crowding=0.0):
    made = Individual(F=np.array(losses), rank=rank, crowding=crowding)
    made.CV = np.array([violation])
    return made


def test_operators_are_not_shared_between_searchers():
    """Neither pymoo's defaults, which are one object for everybody, nor ours."""
    mine, theirs = (vars(make_mating()._operators) for _ in range(2))
    for name in ("crossover", "mutation"):
        assert all(mine[name][kind] is not theirs[name][kind] for kind in mine[name])


def test_children_lie_in_the_space_and_take_after_both_parents():
    parents = [Individual(X={"x": 0.2, "kind": 0}), Individual(X={"x": 0.8, "kind": 2})]
    children = [make_mating().child(parents, np.random.default_rng(seed)) for seed in range(200)]
    values = np.array([child["x"] for child in children])
    assert values.min() >= 0
    assert values.max() <= 1
    assert 20 < np.count_nonzero(values > 0.5) < 100  # the first parent's child, mostly
    assert {child["kind"] for child in children} == {0, 1, 2}


@pytest.mark.parametrize(
    ("kind", "better", "worse"),
    [
        ("nsga2", individual([5, 5], rank=1), individual([0, 0], violation=0.1)),
        ("nsga2", individual([0, 0], rank=0), individual([1, 1], rank=1, crowding=9.0)),
        ("nsga2", individual([0, 1], crowding=2.0), individual([1, 0], crowding=1.0)),
        ("nsga3", individual([5, 5]), individual([0, 0], violation=0.1)),
        ("smsemoa", individual([0, 0]), individual([1, 1])),
        ("smsemoa", individual([5, 5]), individual([0, 0], violation=0.1)),
    ],
)
def test_the_better_of_two_wins_the_tournament(kind, better, worse):
    pool = Population.create(worse, better)
    for seed in range(20):
        parents = Tournament(kind).pair(pool, np.random.default_rng(seed))
        assert all(parent is better for parent in parents)


@pytest.mark.parametrize("kind", ["nsga3", "smsemoa"])
def test_equal_ones_win_by_chance(kind):
    pool = Population.create(individual([0, 1]), individual([1, 0]))
    winners = {
        pool.tolist().index(Tournament(kind).pair(pool, np.random.default_rng(seed))[0])
        for seed in range(30)
    }
    assert winners == {0, 1}
