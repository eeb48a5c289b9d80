import numpy as np
import pytest
from searching import lighten

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.portfolio_searcher import PortfolioSearcher
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import FIRST_TAKEN_OVER, Outcome, TrialState
from pareto_search.searchers.registry import make_searcher
from pareto_search.space import Float

UNIT = {f"x{n}": Float(type="float", low=0, high=1) for n in range(4)}


class Recorded:
    """The algorithms of a portfolio as they are, and who of them was asked for which trial."""

    def __init__(self):
        self.asked = {}

    def make(self, config, problem, seed):
        part, asked = make_searcher(config, problem, seed), self.asked

        class Asked:
            def __getattr__(self, name):
                return getattr(part, name)

            def ask(self, index):
                asked[index] = config.kind
                return part.ask(index)

        return Asked()


@pytest.fixture(autouse=True)
def light(monkeypatch):
    lighten(monkeypatch.setattr)


def searcher_of(recorded, problem):
    config = SearcherConfig(kind="portfolio", startup=4, population=8)
    return PortfolioSearcher(config, problem, 3, recorded.make)


def run(searcher, recorded, trials, outcome, first=0):
    for index in range(first, first + trials):
        point = searcher.ask(index)
        searcher.tell(index, outcome(recorded.asked[index], index, point))


def improving(index):
    return Outcome(TrialState.COMPLETE, (-float(index), -float(index)))


def dominated(index):
    return Outcome(TrialState.COMPLETE, (1e6 + index, 1e6 + index))


@pytest.mark.parametrize("kind", ["tpe", "nsga2"])
@pytest.mark.parametrize(
    "failure", [dominated, lambda _: Outcome(TrialState.FAILED, None, (), True)]
)
def test_who_succeeds_is_asked_most_and_who_does_not_is_still_tried(kind, failure):
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(UNIT, 2))
    searcher.adopt(1000, dict.fromkeys(UNIT, 0.5))
    searcher.tell(1000, Outcome(TrialState.COMPLETE, (0.0, 0.0)))
    run(searcher, recorded, 80, lambda who, n, _: (improving if who == kind else failure)(n + 1))
    asked = list(recorded.asked.values())
    assert asked[-50:].count(kind) > 40
    assert set(asked) == {"gp", "tpe", "nsga2"}


def test_who_stops_succeeding_is_asked_less():
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(UNIT, 4))
    early = lambda who, n, _: _four(who == "tpe", n)  # noqa: E731
    run(searcher, recorded, 60, early)
    run(searcher, recorded, 120, lambda who, n, _: _four(who == "nsga2", n), first=60)
    asked = list(recorded.asked.values())
    assert asked[30:60].count("tpe") > 20
    assert asked[150:].count("nsga2") > 20


def _four(is_good, index):
    value = -float(index + 1) if is_good else 1e6 + index
    return Outcome(TrialState.COMPLETE, (value,) * 4)


@pytest.mark.parametrize(
    ("space", "num_objectives"),
    [({f"x{n}": UNIT["x0"] for n in range(21)}, 2), (UNIT, 4)],
    ids=["many parameters", "many objectives"],
)
def test_gaussian_processes_are_left_out_where_they_cannot_be_afforded(space, num_objectives):
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(space, num_objectives))
    losses = np.random.default_rng(0).random((30, num_objectives))
    run(
        searcher,
        recorded,
        30,
        lambda _, n, __: Outcome(TrialState.COMPLETE, tuple(losses[n].tolist())),
    )
    assert set(recorded.asked.values()) == {"tpe", "nsga2"}


def test_what_breaks_a_constraint_is_no_success():
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(UNIT, 4, num_constraints=1))

    def outcome(who, index, _):
        losses = (-float(index),) * 4
        return Outcome(TrialState.COMPLETE, losses, (1.0 if who == "tpe" else -1.0,))

    run(searcher, recorded, 60, outcome)
    assert list(recorded.asked.values())[-30:].count("nsga2") > 24


def test_what_begins_before_anything_is_known_is_of_the_design():
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(UNIT, 2))
    for index in range(40):
        searcher.ask(index)
    assert set(recorded.asked.values()) == {"nsga2"}
    for index in range(4):
        searcher.tell(index, dominated(index))
    for index in range(40, 80):
        searcher.ask(index)
    assert list(recorded.asked.values())[40:].count("gp") > 20


def test_the_design_is_nobodys_success():
    """Evolution would be asked the most if the trials of the design were its own."""
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(UNIT, 4))
    for index in range(60):
        searcher.ask(index)
    for index in range(60):
        searcher.tell(index, _four(True, index))
    for index in range(60, 120):
        searcher.ask(index)
    later = [recorded.asked[index] for index in range(60, 120)]
    assert later.count("tpe") > 20


@pytest.mark.parametrize("running", [4, 40])
def test_the_model_is_trusted_in_advance_where_many_run_at_once(running):
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(UNIT, 2))
    for index in range(running + 4):
        searcher.ask(index)
    for index in range(4):
        searcher.tell(index, dominated(index))
    later = range(running + 4, running + 44)
    for index in later:
        searcher.ask(index)
        searcher.tell(index, Outcome(TrialState.FAILED, None))  # lost: nothing is learned
    count = [recorded.asked[index] for index in later].count("gp")
    assert count > 32 if running == 40 else count < 24


def test_what_other_sweeps_tried_is_nobodys_success_and_leaves_the_model_trusted_in_advance():
    recorded = Recorded()
    searcher = searcher_of(recorded, SearchProblem(UNIT, 2))
    points = np.random.default_rng(0).random((20, 4))
    for place, point in enumerate(points):
        searcher.adopt(FIRST_TAKEN_OVER + place, dict(zip(UNIT, point.tolist(), strict=True)))
        searcher.tell(FIRST_TAKEN_OVER + place, improving(place))
    for index in range(40):
        searcher.ask(index)
    later = [recorded.asked[index] for index in range(20, 40)]
    assert later.count("gp") > 14
