"""Whatever stands in a recipe, it loads or is refused in plain English with a place."""

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pareto_search.errors import RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.loading import load_recipe

RECIPE = {
    "name": "demo",
    "trainable": "trainables.toy:zdt1",
    "objectives": [{"name": "f1", "reference": 1.1}, {"name": "f2", "reference": 7}],
    "params": {"loss": {"gamma": 1.0}},
    "space": {
        "x": {"type": "float", "low": 0.5, "high": 4, "log": True},
        "kind": {"type": "choice", "values": ["a", "b"]},
        "tau": {"type": "int", "low": 1, "high": 10, "when": {"kind": "a"}},
    },
    "baselines": [{"kind": "b"}],
    "searcher": {"kind": "tpe", "engine": "optuna", "population": 8},
    "budget": {"trials": 4, "concurrent": "auto", "wall_time": "2h"},
    "resources": {"cpu": 1, "memory_gib": None, "reuse_actors": True},
    "tracking": {"uri": None},
}


def paths(node, path=()):
    """Every place of `node` that can be written to, and a key that should not be there."""
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in entries:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*path, key))
    if isinstance(node, dict):
        yield (*path, "zzz")


SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text("a.:-", max_size=3)
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "low", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)
LIBRARY_WORDS = ("pydantic", "Input", "input_", "Field required", "Extra inputs", "Value error")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults") / "recipe.yaml"


def load(recipe: Path) -> SweepConfig | RecipeError:
    try:
        return load_recipe(recipe)
    except RecipeError as error:
        return error


@given(path=st.sampled_from(list(paths(RECIPE))), junk=JUNK)
@settings(max_examples=200, deadline=None)
def test_no_fault_is_silent_placeless_or_in_the_words_of_a_library(recipe, path, junk):
    data = copy.deepcopy(RECIPE)
    node = data
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = junk
    recipe.write_text(yaml.safe_dump(data))
    outcome = load(recipe)
    if isinstance(outcome, SweepConfig):
        assert path[-1] != "zzz" or path[0] in {"params", "baselines"}
        return
    assert outcome.problems
    assert all(problem.where.startswith(f"{recipe}:") for problem in outcome.problems)
    assert all(problem.rule and "be valid" not in problem.rule for problem in outcome.problems)
    assert not any(word in str(outcome) for word in LIBRARY_WORDS)
