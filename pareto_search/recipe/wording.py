"""What pydantic found wrong with a recipe, in plain English and with its place in the file."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pareto_search.errors import Problem
from pareto_search.nearest import nearest, nearest_hint
from pareto_search.recipe.document import Document, KeyPath, Plain, dotted
from pareto_search.recipe.schema import schema_at

_SHOULD = {
    "int_type": "be a whole number",
    "int_from_float": "be a whole number",
    "float_type": "be a number",
    "finite_number": "be a finite number",
    "bool_type": "be true or false",
    "string_type": "be text",
    "dict_type": "be a mapping of keys to values",
    "model_type": "be a mapping of keys to values",
    "model_attributes_type": "be a mapping of keys to values",
    "list_type": "be a list",
    "tuple_type": "be a list",
    "literal_error": "be {expected}",
    "union_tag_invalid": "be {expected_tags}",
    "greater_than": "be above {gt}",
    "greater_than_equal": "be at least {ge}",
    "less_than": "be below {lt}",
    "less_than_equal": "be at most {le}",
    "too_short": "have {min_length} or more entries",
    "string_too_short": "have {min_length} or more characters",
    "string_too_long": "have {max_length} characters at most",
    "string_pattern_mismatch": "be well formed",
}
_SCALAR = {"be a whole number", "be a number", "be true or false", "be text"}


def explain(error: ValidationError, document: Document) -> list[Problem]:
    """Each thing `error` found wrong in `document`, once, in the order of the recipe's sections.

    What it found between sections (an error of the root) is left out: see `consistency`.
    """
    groups: dict[KeyPath, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        if details["loc"] and not _is_echo(details):
            groups.setdefault(_path(details, document.data), []).append(details)
    misspelt = {_meant(path, document) for path, found in groups.items() if _is(found, "extra")}
    return [
        _problem(path, found, document)
        for path, found in groups.items()
        if not (_is(found, "missing") and path in misspelt)
    ]


def _problem(path: KeyPath, found: list[ErrorDetails], document: Document) -> Problem:
    value, leaf, details = document.get(path), _named(path), found[0]
    if _is(found, "missing"):
        rule, finding = f"{leaf} is required.", "Found none."
    elif _is(found, "extra"):
        rule, finding = f"{leaf} is not a key of this section.", ""
    elif details["type"] == "value_error":
        rule, finding = _own_words(details)
    else:
        rule = f"{leaf} should {_expectation(found)}."
        finding = f"Found `{path[-1]} = {_shown(value)}`."
    of_key = _is(found, "extra") or isinstance(value, dict | list)
    where = document.where(path, of_key=of_key)
    return Problem(rule, finding, dotted(path), _hint(path, found, document), where)


def _is_echo(details: ErrorDetails) -> bool:
    """Whether a list is called too short only because entries of it, reported too, are wrong."""
    if details["type"] != "too_short":
        return False
    enough: bool = len(details["input"]) >= details["ctx"]["min_length"]
    return enough


def _named(path: KeyPath) -> str:
    return f"`{path[-1]}`" if isinstance(path[-1], str) else f"Entry `{dotted(path)}`"


def _path(details: ErrorDetails, data: Plain) -> KeyPath:
    """The place in `data` that an error means, without the names of union members in its path."""
    path: KeyPath = ()
    for part in details["loc"]:
        is_here = part in data if isinstance(data, dict) else _is_index(part, data)
        if is_here:
            path, data = (*path, part), data[part]
    if details["type"].startswith("union_tag"):
        return (*path, "type")
    return (*path, details["loc"][-1]) if details["type"] == "missing" else path


def _is_index(part: str | int, data: Plain) -> bool:
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _is(found: list[ErrorDetails], kind: str) -> bool:
    prefixes = ("missing", "union_tag_not_found") if kind == "missing" else kind
    return found[0]["type"].startswith(prefixes)


def _expectation(found: list[ErrorDetails]) -> str:
    """What a value should be; where several kinds were possible, all of them."""
    wanted = list(dict.fromkeys(_should(details) for details in found))
    if set(wanted) >= _SCALAR:
        wanted = ["be text, a number, true or false", *(w for w in wanted if w not in _SCALAR)]
    first, *others = wanted
    return " or ".join([first, *(other.removeprefix("be ") for other in others)])


def _should(details: ErrorDetails) -> str:
    context = {key: _plain(value) for key, value in details.get("ctx", {}).items()}
    return _SHOULD.get(details["type"], "be valid").format(**context)


def _plain(value: Plain) -> Plain:
    if isinstance(value, float):
        return f"{value:g}"
    return value.replace("'", "") if isinstance(value, str) else value


def _own_words(details: ErrorDetails) -> tuple[str, str]:
    """Rule and finding of a sentence that one of our own validators wrote."""
    rule, _, finding = str(details["ctx"]["error"]).partition(" Found ")
    return rule, f"Found {finding}" if finding else ""


def _hint(path: KeyPath, found: list[ErrorDetails], document: Document) -> str:
    if _is(found, "extra"):
        return nearest_hint(str(path[-1]), _keys(path, document))
    if _is(found, "value_error") and isinstance(document.get(path), dict):
        return ""
    if _is(found, "union_tag"):
        return nearest_hint(str(document.get(path) or ""), ("float", "int", "choice"))
    match = _nearest_word(found[0], document.get(path))
    if match is not None:
        return f"Did you mean `{match}`?"
    description: str = schema_at(path, document.data).get("description", "")
    return " ".join(description.split("\n\n")[0].split())


def _nearest_word(details: ErrorDetails, value: Plain) -> str | None:
    expected: str = details.get("ctx", {}).get("expected", "")
    return nearest(str(value), [part for part in expected.split("'") if part.isalnum()])


def _keys(path: KeyPath, document: Document) -> Mapping[str, Any]:
    keys: Mapping[str, Any] = schema_at(path[:-1], document.data).get("properties", {})
    return keys


def _meant(path: KeyPath, document: Document) -> KeyPath:
    return (*path[:-1], nearest(str(path[-1]), _keys(path, document)) or "")


def _shown(value: Plain) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
