"""The JSON Schema of recipes: for editors, and for telling what a key means."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.document import KeyPath, Plain

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def recipe_schema() -> dict[str, Any]:
    """JSON Schema of a recipe, as `pareto-search schema` prints it. Every call makes a new one."""
    schema = SweepConfig.model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, **schema, "title": "Recipe of a sweep"}


def schema_at(path: KeyPath, recipe: Plain) -> Mapping[str, Any]:
    """The part of the schema that governs the entry at `path`; empty where there is none.

    `recipe` is the plain recipe: the `type` of a parameter decides which keys it may have. The
    entry's own description comes first, that of its section else.

    >>> schema_at(("budget", "trials"), {})["description"]
    'Trials in all: baselines, repeats and failed ones included.'
    """
    schema: Any = _resolved(_schema(), recipe)
    for part in path:
        recipe = _entry(recipe, part)
        inner = schema.get("properties", {}).get(part)
        inner = inner or schema.get("additionalProperties") or schema.get("items")
        if not isinstance(inner, dict):
            return {}
        schema = _resolved(inner, recipe)
    return {key: value for key, value in schema.items() if key != "$defs"}


@cache
def _schema() -> dict[str, Any]:
    return recipe_schema()


def _resolved(schema: dict[str, Any], value: Plain) -> dict[str, Any]:
    """`schema` with a reference, a choice by `type` or an optional section followed."""
    if "$ref" in schema:
        return {**_definition(schema["$ref"]), **schema}
    if "discriminator" in schema:
        kind = value.get("type") if isinstance(value, dict) else None
        mapping = schema["discriminator"]["mapping"]
        found = mapping.get(kind) if isinstance(kind, str) else None
        return _definition(found) if found else schema
    return schema


def _definition(reference: str) -> dict[str, Any]:
    definition: dict[str, Any] = _schema()["$defs"][reference.removeprefix("#/$defs/")]
    return definition


def _entry(node: Plain, part: str | int) -> Plain:
    try:
        return node[part]
    except (KeyError, IndexError, TypeError):
        return None
