"""Constraints are on the space or on metrics, and whatever is neither is refused with its place."""

import pytest

from pareto_search.errors import RecipeError
from pareto_search.recipe.loading import change_config, load_recipe

RECIPE = """\
name: demo
trainable: trainables.toy:zdt1
objectives: [{name: f1, reference: 1}, {name: f2, reference: 7}]
params: {network: {width: 8}}
space:
  a.x: {type: float, low: 0, high: 2}
  a.y: {type: int, low: 0, high: 2}
  kind: {type: choice, values: [one, two]}
  size: {type: choice, values: [16, 32]}
baselines: [{a.x: 2, a.y: 2, kind: one, size: 16}]
constraints:
  - CONSTRAINT
budget: {trials: 4}
"""


@pytest.fixture
def load(tmp_path):
    def loading(constraint, *overrides):
        file = tmp_path / "recipe.yaml"
        file.write_text(RECIPE.replace("CONSTRAINT", constraint))
        return load_recipe(file, overrides)

    return loading


@pytest.mark.parametrize(
    ("constraint", "is_of_parameters"),
    [
        ("a.x + 2 * a.y <= 6", True),
        ("size / 16 >= a.y - 1", True),
        ("gpu_memory_gib <= 40", False),
        ("f1 + f2 <= 3", False),
        ("f1 - latency_ms / 1000 >= 0", False),
    ],
)
def test_a_constraint_is_on_the_space_or_on_what_is_reported(load, constraint, is_of_parameters):
    config = load(constraint)
    of_parameters = [c.text for c in config.parameter_constraints]
    of_metrics = [c.text for c in config.metric_constraints]
    assert (of_parameters, of_metrics) == (
        ([constraint], []) if is_of_parameters else ([], [constraint])
    )


@pytest.mark.parametrize(
    ("constraint", "key", "place", "words"),
    [
        ("a.x < 3", "constraints.0", "12:5", "should use <= or >=. Found `a.x < 3`."),
        ("much", "constraints.0", "12:5", "should read like `memory_gib <= 40`."),
        ("3", "constraints.0", "12:5", "should be text"),
        ("a.x + f1 <= 3", "constraints.0", "12:5", "Found `f1` beside the parameter `a.x`."),
        ("a.x + a.z <= 3", "constraints.0", "12:5", "Did you mean `a.y`?"),
        ("kind <= 3", "constraints.0", "12:5", "Found `kind`, whose values are not."),
        ("network.width <= 3", "constraints.0", "12:5", "which `params` fixes."),
        ("sizee <= 3", "constraints.0", "12:5", "Did you mean `size`?"),
        ("a.x + a.y <= 3", "baselines.0", "10:13", "keep to the constraints on the space."),
    ],
)
def test_any_other_is_refused_with_its_place_and_the_way_out(load, constraint, key, place, words):
    with pytest.raises(RecipeError) as caught:
        load(constraint)
    (problem,) = caught.value.problems
    assert (problem.key, problem.where.rpartition("recipe.yaml:")[2]) == (key, place)
    assert words in str(problem)


@pytest.mark.parametrize(
    ("overrides", "key", "words"),
    [
        (["seeds.repeats=5"], "budget.trials", "at least 5 trials (`seeds.repeats`)"),
        (["seeds.repeats=2", "params.seed=3"], "params.seed", "left to `seeds`"),
    ],
)
def test_repeats_need_trials_and_seeds_of_their_own(load, overrides, key, words):
    with pytest.raises(RecipeError) as caught:
        load("f1 <= 3", *overrides)
    (problem,) = caught.value.problems
    assert problem.key == key
    assert words in problem.rule


def test_only_budget_and_failures_of_a_sweep_that_has_begun_may_change(load):
    config = load("f1 <= 3")
    changed = change_config(config, ["budget.wall_time=2h", "failures.tolerate=1"])
    assert (changed.budget.wall_time_s, changed.failures.tolerate) == (7200.0, 1.0)
    assert change_config(config, []) == config
    with pytest.raises(RecipeError) as caught:
        change_config(config, ["space.a.x.high=3", "budget.trials=0"])
    first, second = caught.value.problems
    assert first.rule.startswith("Only `budget` and `failures` should be changed")
    assert second.key == "budget.trials"
