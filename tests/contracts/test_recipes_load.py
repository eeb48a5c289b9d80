"""Every recipe in experiments/ is complete: it loads, editors agree, and its trainable knows it."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from pareto_search.recipe.loading import load_recipe
from pareto_search.recipe.schema import recipe_schema
from pareto_search.space import contains
from pareto_search.trials.fixed import varied_though_fixed
from pareto_search.trials.params import trial_params
from pareto_search.trials.preflight import probing_points, resolve_trainable
from trainables.config import load_train_config

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
CONTENTS = {path: yaml.safe_load(path.read_text()) for path in sorted(EXPERIMENTS.rglob("*.yaml"))}
RECIPES = [path for path, content in CONTENTS.items() if "trainable" in content]

every_recipe = pytest.mark.parametrize(
    "path", RECIPES, ids=[str(path.relative_to(EXPERIMENTS)) for path in RECIPES]
)


def test_the_recipes_of_the_readme_are_there():
    assert {"quickstart.yaml", "brats2018.yaml", "toy.yaml"} <= {path.name for path in RECIPES}


@every_recipe
def test_recipe_loads_under_the_name_of_its_file(path):
    assert load_recipe(path).name == path.stem


@every_recipe
def test_recipe_names_the_committed_schema_and_satisfies_it(path):
    first_line = path.read_text().splitlines()[0]
    schema = (path.parent / first_line.partition("$schema=")[2]).resolve()
    assert schema == EXPERIMENTS / "recipe.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(CONTENTS[path])


def test_committed_schema_is_the_one_the_command_prints():
    """Write it anew with: pareto-search schema > experiments/recipe.schema.json."""
    assert json.loads((EXPERIMENTS / "recipe.schema.json").read_text()) == recipe_schema()


@every_recipe
def test_searchers_can_learn_from_the_baselines(path):
    config = load_recipe(path)
    assert config.baselines
    assert all(contains(config.space, point) for point in config.baselines)


@every_recipe
def test_trainable_knows_every_key_at_every_end_of_every_range(path):
    """Without the data, which `check_sweep` would look at too."""
    config = load_recipe(path)
    trainable = resolve_trainable(config.trainable)
    assert not list(varied_though_fixed(trainable, config))
    for point in [*config.baselines, *probing_points(config.space)]:
        params = trial_params(config, point)
        if config.trainable == "trainables.segmentation:train":
            assert load_train_config(params).seed == config.seeds.sweep
        else:
            assert trainable.check(params) == []


def test_brats2018_differs_from_the_quickstart_in_name_and_data_alone():
    quickstart, brats = (
        CONTENTS[EXPERIMENTS / f"{name}.yaml"] for name in ("quickstart", "brats2018")
    )
    changed = {key for key in quickstart if quickstart[key] != brats[key]}
    assert changed == {"name", "params"}
    assert {k for k in brats["params"] if brats["params"][k] != quickstart["params"][k]} == {"data"}


def test_fixed_parameters_of_the_quickstart_are_those_of_a_single_training():
    quickstart = CONTENTS[EXPERIMENTS / "quickstart.yaml"]["params"]
    single = CONTENTS[EXPERIMENTS / "train.yaml"]
    assert quickstart.keys() <= single.keys()
    for key, value in quickstart.items():
        known = single[key]
        assert value == ({k: known[k] for k in value} if isinstance(value, dict) else known), key
