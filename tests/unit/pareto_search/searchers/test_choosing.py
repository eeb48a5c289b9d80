"""The searcher that is chosen follows from budget, space and objectives, and says why."""

import pytest

from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.searchers import SearchProblem, make_searcher, with_searcher
from pareto_search.searchers.choosing import choose
from pareto_search.space import Choice, Float, Int

AUTO = SearcherConfig(kind="auto")
REAL = Float(type="float", low=0, high=1)
FINE = Int(type="int", low=1, high=100)
COARSE = Int(type="int", low=1, high=4)
KIND = Choice(type="choice", values=("a", "b"))
ONLY = Choice(type="choice", values=("a",))


def space_of(*parameters):
    return {f"p{i}": parameter for i, parameter in enumerate(parameters)}


def chosen(space, trials=100, objectives=2, config=AUTO, concurrent=None, has_torch=True):
    return choose(config, SearchProblem(space, objectives), trials, concurrent, has_torch=has_torch)


@pytest.mark.parametrize(
    ("space", "trials", "objectives", "kind"),
    [
        (space_of(*[REAL] * 6), 100, 2, "portfolio"),
        (space_of(*[REAL] * 6), 15, 2, "tpe"),
        (space_of(*[REAL] * 6), 16, 2, "portfolio"),
        (space_of(*[REAL] * 6), 200, 3, "portfolio"),
        (space_of(*[REAL] * 6), 100, 4, "tpe"),
        (space_of(*[REAL] * 20), 100, 2, "portfolio"),
        (space_of(*[REAL] * 21), 100, 2, "tpe"),
        (space_of(REAL, FINE, KIND), 100, 2, "portfolio"),
        (space_of(REAL, KIND), 100, 2, "tpe"),
        (space_of(REAL, COARSE), 100, 2, "tpe"),
        (space_of(REAL, ONLY), 100, 2, "portfolio"),  # one value only is no parameter
        ({"k": KIND, **space_of(*[REAL] * 5, REAL.model_copy(update={"when": {"k": "a"}}))}, 100, 2,
         "tpe"),
        (space_of(*[REAL] * 6), 1000, 2, "portfolio"),
        (space_of(*[REAL] * 6), 1001, 2, "nsga2"),
        (space_of(KIND, KIND), 5000, 3, "nsga2"),
        (space_of(*[REAL] * 6), 5000, 4, "nsga3"),
    ],
)  # fmt: skip
def test_the_kind_follows_from_budget_space_and_objectives(space, trials, objectives, kind):
    searcher, reason = chosen(space, trials, objectives)
    assert searcher.kind == kind
    assert reason.startswith(f"{kind}: {trials} configurations of ")
    assert SearcherConfig.model_validate(searcher.model_dump()) == searcher


def test_what_the_recipe_says_besides_the_kind_is_kept():
    config = SearcherConfig(kind="auto", startup=5, population=30)
    assert chosen(space_of(*[REAL] * 6), config=config).searcher.startup == 5
    assert chosen(space_of(*[REAL] * 6), 9000, config=config).searcher.population == 30


@pytest.mark.parametrize(
    ("trials", "concurrent", "population"),
    [(1001, None, 20), (5000, None, 100), (90_000, None, 100), (5000, 400, 400)],
)
def test_a_population_is_at_least_as_large_as_what_runs_at_once(trials, concurrent, population):
    searcher, _ = chosen(space_of(*[REAL] * 6), trials, concurrent=concurrent)
    assert (searcher.population, searcher.mode) == (population, "steady_state")


def test_a_recipe_that_names_its_searcher_keeps_it_and_repeats_are_one_configuration():
    recipe = {
        "name": "unit",
        "trainable": "some.module:train",
        "objectives": [{"name": "f1", "reference": 1}, {"name": "f2", "reference": 1}],
        "space": {"x": REAL},
        "budget": {"trials": 600},
        "seeds": {"repeats": 3},
    }
    named = SweepConfig.model_validate({**recipe, "searcher": {"kind": "random"}})
    assert with_searcher(named) == (named, "")
    config, reason = with_searcher(
        SweepConfig.model_validate({**recipe, "searcher": {"kind": "auto"}})
    )
    assert (config.searcher.kind, reason.split(" of ")[0]) == (
        "portfolio",
        "portfolio: 200 configurations",
    )


def test_no_searcher_is_made_before_one_is_chosen():
    with pytest.raises(ValueError, match="kind = auto"):
        make_searcher(AUTO, SearchProblem(space_of(REAL), 2), 0)


def test_without_torch_no_gaussian_process_is_chosen():
    searcher, reason = chosen(space_of(*[REAL] * 6), has_torch=False)
    assert searcher.kind == "tpe"
    assert "torch" in reason


@pytest.mark.parametrize(
    ("engine", "trials", "kind"),
    [
        ("pymoo", 100, "nsga2"),
        ("optuna", 100, "gp"),
        ("optuna", 201, "tpe"),
        ("optuna", 5000, "nsga2"),
    ],
)
def test_an_engine_that_the_recipe_names_is_kept(engine, trials, kind):
    config = SearcherConfig(engine=engine)
    searcher, _ = chosen(space_of(*[REAL] * 6), trials, config=config)
    assert (searcher.kind, searcher.resolved_engine) == (kind, engine)
    assert SearcherConfig.model_validate(searcher.model_dump()) == searcher
