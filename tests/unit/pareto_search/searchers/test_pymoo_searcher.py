"""What is particular to the steady-state searcher from pymoo's operators."""

import numpy as np
import pytest

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.searchers.pymoo_searcher import PymooSearcher
from pareto_search.space import Choice, Float

UNIT = {f"x{place}": Float(type="float", low=0, high=1) for place in range(3)}
NESTED = {
    "kind": Choice(type="choice", values=("a", "b")),
    "x": Float(type="float", low=1e-3, high=1, log=True, when={"kind": "a"}),
}


def searcher_of(space, population=8, seed=0):
    config = SearcherConfig(engine="pymoo", kind="nsga2", population=population)
    return PymooSearcher(config, SearchProblem(space, 2), seed)


def complete(*losses):
    return Outcome(TrialState.COMPLETE, losses)


def test_the_first_population_is_a_latin_hypercube():
    searcher = searcher_of(UNIT)
    points = np.array([list(searcher.ask(index).values()) for index in range(8)])
    for column in points.T:
        assert sorted((column * 8).astype(int)) == list(range(8))


def test_the_population_is_the_best_of_the_complete_trials():
    searcher = searcher_of(UNIT, population=4)
    for index in range(12):
        searcher.ask(index)
    for index in range(0, 12, 2):
        searcher.tell(index, complete(float(index), 20.0 - index))
    for index in range(1, 12, 2):
        searcher.tell(index, complete(30.0 + index, 30.0))
    losses = searcher._population.get("F")
    assert len(losses) == 4
    assert losses.max() <= 20.0
    assert {tuple(row) for row in losses} >= {(0.0, 20.0), (10.0, 10.0)}


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.STOPPED])
def test_a_trial_without_a_result_never_enters_the_population(state):
    searcher = searcher_of(UNIT)
    for index in range(10):
        searcher.ask(index)
        searcher.tell(index, Outcome(state, (-1.0, -1.0)))
    assert len(searcher._population) == 0


def test_breeding_begins_when_half_a_population_stands():
    """A child of equal parents in every gene but a few is near them; a random point is not."""
    searcher = searcher_of(UNIT, population=8)
    for index in range(12):
        searcher.adopt(index, dict.fromkeys(UNIT, 0.5 + 0.001 * index))
    spread = []
    for index in range(4):
        spread.append(np.ptp([list(searcher._draw(40, seed).values()) for seed in range(20)]))
        searcher.tell(index, complete(float(index), -float(index)))
    bred = np.array([list(searcher._draw(40, seed).values()) for seed in range(20)])
    assert min(spread) > 0.8
    assert np.abs(np.median(bred) - 0.5) < 0.01
    assert np.ptp(bred) < min(spread)


def test_a_result_counts_for_the_very_next_proposal():
    """Steady state: no generation has to be full."""
    told, untold = searcher_of(UNIT), searcher_of(UNIT)
    for searcher in (told, untold):
        points = [searcher.ask(index) for index in range(16)]
        for index in range(8):
            searcher.tell(index, complete(sum(points[index].values()), points[index]["x0"]))
    told.tell(8, complete(-1.0, -1.0))
    assert told.ask(16) != untold.ask(16)


def test_a_child_never_repeats_its_parents():
    searcher = searcher_of(NESTED, population=4)
    points = [searcher.ask(index) for index in range(4)]
    for index in range(4):
        searcher.tell(index, complete(1.0, 1.0))
    for index in range(4, 60):
        points.append(searcher.ask(index))
        searcher.tell(index, complete(1.0, 1.0))
    values = [point["x"] for point in points if "x" in point]
    assert len(values) > 20
    assert np.diff(np.sort(np.log(values))).min() > 1e-9


def test_genes_of_inactive_parameters_are_kept_within_the_unit_and_out_of_the_point():
    searcher = searcher_of(NESTED, population=4)
    searcher.adopt(0, {"kind": "b"})
    assert 0 <= searcher._genes[0]["x"] <= 1
    assert searcher._genes[0]["kind"] == 1


def test_operators_are_not_shared_between_searchers():
    """Neither pymoo's defaults, which are one object for everybody, nor ours."""
    one, other = searcher_of(UNIT), searcher_of(NESTED)
    mine, theirs = vars(one._mating), vars(other._mating)
    assert mine["selection"] is not theirs["selection"]
    for name in ("crossover", "mutation"):
        assert all(mine[name][kind] is not theirs[name][kind] for kind in mine[name])
