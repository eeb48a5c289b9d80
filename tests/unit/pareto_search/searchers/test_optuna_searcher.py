"""What is particular to the searchers from Optuna."""

import optuna
import pytest

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.optuna_searcher import OptunaSearcher
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice, Float

UNIT = {f"x{place}": Float(type="float", low=0, high=1) for place in range(3)}


def test_tpe_learns_to_keep_out_of_a_region_where_trials_fail():
    """The optimum lies on the edge of the region, so the losses alone lead into it.

    Told as FAIL, which its samplers do not see, Optuna's TPE spends 80 % of the trials there.
    """
    failed = sum(_failures(seed) for seed in range(3))
    assert failed < 0.45 * 3 * 120


def _failures(seed, trials=120):
    searcher = OptunaSearcher(SearcherConfig(kind="tpe"), SearchProblem(UNIT, 2), seed)
    failures = 0
    for index in range(trials):
        x0, x1, x2 = searcher.ask(index).values()
        if x1 + x2 < 0.6:
            failures += 1
            searcher.tell(index, Outcome(TrialState.FAILED, is_infeasible=True))
        else:
            losses = (x0, x1 + x2 + (1 - x0) ** 2)
            searcher.tell(index, Outcome(TrialState.COMPLETE, losses))
    return failures


def test_tpe_avoids_what_is_running():
    """Twenty asks in a row, after the same results, are not twenty times the same corner."""
    searcher = OptunaSearcher(SearcherConfig(kind="tpe", startup=8), SearchProblem(UNIT, 2), 0)
    for index in range(20):
        x0, x1, x2 = searcher.ask(index).values()
        searcher.tell(index, Outcome(TrialState.COMPLETE, (x0 + x1 + x2, x0 + x1 + x2)))
    firsts = [searcher.ask(index)["x0"] for index in range(20, 40)]
    assert max(firsts) - min(firsts) > 0.3


def test_nsga2_breeds_from_the_generation_before():
    """With every loss equal, children are made of the parents' values."""
    config = SearcherConfig(kind="nsga2", population=4)
    searcher = OptunaSearcher(config, SearchProblem(UNIT, 2), 0)
    parents = []
    for index in range(4):
        parents.append(searcher.ask(index))
        searcher.tell(index, Outcome(TrialState.COMPLETE, (1.0, 1.0)))
    known = {value for point in parents for value in point.values()}
    children = [searcher.ask(index) for index in range(4, 24)]
    inherited = sum(value in known for child in children for value in child.values())
    assert inherited > 20


@pytest.mark.parametrize("kind", ["tpe", "nsga2"])
def test_equal_choices_of_different_type_stay_what_they_are(kind):
    space = {"flag": Choice(type="choice", values=(True, 1, 1.0)), **UNIT}
    searcher = OptunaSearcher(
        SearcherConfig(kind=kind, startup=2, population=4), SearchProblem(space, 2), 0
    )
    for index, flag in enumerate((True, 1, 1.0)):
        searcher.adopt(index, {"flag": flag, "x0": 0.1, "x1": 0.1, "x2": 0.1})
    kept = [trial.params["flag"] for trial in searcher._study._study.trials]
    assert kept == [0, 1, 2]


def test_the_verbosity_the_user_has_set_is_given_back():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    try:
        OptunaSearcher(SearcherConfig(kind="random"), SearchProblem(UNIT, 2), 0).ask(0)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
    finally:
        optuna.logging.set_verbosity(before)
