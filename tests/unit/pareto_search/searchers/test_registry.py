"""The registry: the searcher a recipe asks for, and no engine that it does not ask for."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError
from searching import config_of, searcher_of

from pareto_search.recipe.config import Kind
from pareto_search.searchers import SEARCHERS
from pareto_search.space import Float

SPACE = {"x": Float(type="float", low=0, high=1)}


@pytest.mark.parametrize(
    ("engine", "kind", "name"),
    [
        ("optuna", "tpe", "OptunaSearcher"),
        ("optuna", "nsga2", "OptunaSearcher"),
        ("optuna", "gp", "GpSearcher"),
        ("optuna", "qmc", "BlindSearcher"),
        ("optuna", "random", "BlindSearcher"),
        ("pymoo", "nsga2", "PymooSearcher"),
        ("pymoo", "rnsga2", "PymooSearcher"),
        ("auto", "nsga2", "PymooSearcher"),
        ("auto", "portfolio", "PortfolioSearcher"),
    ],
)
def test_the_engine_is_the_one_that_was_asked_for(engine, kind, name):
    searcher = searcher_of((engine, kind), SPACE)
    assert type(searcher).__name__ == name


def test_every_pair_that_a_recipe_can_state_is_listed():
    possible = []
    for engine in ("optuna", "pymoo", "mixed"):
        for kind in get_args(Kind):
            try:
                config_of(engine, kind)
            except ValidationError:
                continue
            possible.append((engine, kind))
    assert set(SEARCHERS) == set(possible)


@pytest.mark.parametrize(("engine", "other"), [("optuna", "pymoo"), ("pymoo", "optuna")])
def test_one_engine_works_where_the_other_cannot_be_imported(engine, other):
    program = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] == '{other}':\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "from pareto_search.searchers import SearchProblem, make_searcher\n"
        "assert not {'optuna', 'pymoo'} & set(sys.modules)\n"
        "from pareto_search.recipe.config import SearcherConfig\n"
        "from pareto_search.space import Float\n"
        f"config = SearcherConfig(engine='{engine}', kind='nsga2')\n"
        "space = {'x': Float(type='float', low=0, high=1)}\n"
        "assert 0 <= make_searcher(config, SearchProblem(space, 2), 0).ask(0)['x'] <= 1\n"
    )
    root = Path(__file__).parents[4]
    run = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=root, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
