"""The scheduler's section: what it needs, and that it judges by an objective there is."""

import pytest
from pydantic import ValidationError

from pareto_search.errors import RecipeError
from pareto_search.recipe.loading import load_recipe
from pareto_search.recipe.scheduling import SchedulerConfig

RECIPE = """
name: demo
trainable: a.b:c
objectives: [{name: error, reference: 1}, {name: seconds, reference: 1}]
space: {x: {type: float, low: 0, high: 1}}
budget: {trials: 3}
scheduler: %s
"""


@pytest.fixture
def load(tmp_path):
    def load(scheduler):
        (tmp_path / "recipe.yaml").write_text(RECIPE % scheduler)
        return load_recipe(tmp_path / "recipe.yaml")

    return load


def test_without_one_no_trial_is_stopped_early(load):
    assert load("null").scheduler is None


def test_what_it_leaves_out_has_its_default(load):
    config = load("{kind: asha, objective: seconds, max_steps: 27}").scheduler
    assert (config.time_attr, config.grace, config.reduction) == ("step", 1, 3)


@pytest.mark.parametrize(
    ("scheduler", "message"),
    [
        ("{objective: eror, max_steps: 9}", r"recipe.yaml:7.*`objective = eror`.*`error`"),
        ("{objective: error}", "max_steps"),
        ("{objective: error, max_steps: 9, grace: 9}", "`grace` should be below `max_steps`"),
        ("{objective: error, max_steps: 9, reduction: 1}", "reduction"),
        ("{objective: error, max_steps: 9, time_attr: hours}", "time_attr"),
        ("{kind: moasha, objective: error, max_steps: 9}", "asha"),
    ],
)
def test_a_wrong_one_is_refused_in_words(load, scheduler, message):
    with pytest.raises(RecipeError, match=message):
        load(scheduler)


def test_the_first_rung_is_below_the_whole_however_it_is_built():
    with pytest.raises(ValidationError, match="grace"):
        SchedulerConfig(objective="error", max_steps=3, grace=3)
