"""The schema that editors use says what the loader says."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from pareto_search.recipe.loading import load_recipe
from pareto_search.recipe.schema import recipe_schema, schema_at
from pareto_search.recipe.template import recipe_template


def is_admitted(change: dict) -> bool:
    recipe = {**yaml.safe_load(recipe_template()), **change}
    return Draft202012Validator(recipe_schema()).is_valid(recipe)


def test_schema_is_a_json_schema():
    Draft202012Validator.check_schema(recipe_schema())
    assert json.loads(json.dumps(recipe_schema())) == recipe_schema()


@pytest.mark.parametrize(
    "change", [{}, {"budget": {"trials": 3, "wall_time": "2h"}}, {"params": {"any": {"thing": 1}}}]
)
def test_schema_admits_what_loads(change):
    assert is_admitted(change)


@pytest.mark.parametrize(
    "change",
    [
        {"budgte": {}},
        {"budget": {"trials": 0}},
        {"budget": {"trials": 3, "wall_time": "soon"}},
        {"searcher": {"kind": "tpee"}},
        {"space": {}},
        {"space": {"x": {"type": "float", "low": 0}}},
        {"objectives": []},
        {"name": "a/b"},
    ],
)
def test_schema_refuses_what_does_not_load(change):
    assert not is_admitted(change)


def sections(schema: dict):
    yield from (definition for definition in schema["$defs"].values() if "properties" in definition)
    yield schema


def test_every_key_is_described():
    for section in sections(recipe_schema()):
        for key, field in section["properties"].items():
            described = "description" in field or "$ref" in field or "const" in field
            assert described, f"{section['title']}.{key}"


def test_what_governs_a_key_follows_the_type_of_a_parameter():
    recipe = {"space": {"a.b": {"type": "choice"}}}
    found = set(schema_at(("space", "a.b"), recipe)["properties"])
    assert found == {"type", "when", "values", "prior", "confidence"}
    assert schema_at(("space", "a.b", "high"), recipe) == {}
    assert schema_at(("params", "any", "thing"), recipe) == {}


def test_template_is_a_sound_recipe_that_names_every_key(tmp_path: Path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe_template())
    assert load_recipe(recipe).name == "my-sweep"
    for section in sections(recipe_schema()):
        for key in section["properties"]:
            assert f"{key}:" in recipe_template(), f"{section['title']}.{key}"


def test_template_starts_with_the_line_editors_look_for():
    assert recipe_template().startswith("# yaml-language-server: $schema=recipe.schema.json\n")


def test_optional_sections_of_the_template_show_the_defaults(tmp_path: Path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe_template())
    shown = load_recipe(recipe)
    required = yaml.safe_load(recipe_template())
    kept = ("name", "trainable", "objectives", "space", "baselines")
    bare = {**{key: required[key] for key in kept}, "budget": {"trials": 32}}
    recipe.write_text(yaml.safe_dump(bare))
    assert load_recipe(recipe) == shown
