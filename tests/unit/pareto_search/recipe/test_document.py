"""Scalars are read as YAML 1.2 has them, and everything knows its place."""

import math

import pytest

from pareto_search.errors import RecipeError
from pareto_search.recipe.document import parse_document, parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("+12", 12),
        ("010", 10),
        ("0x1f", 31),
        ("0o17", 15),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("off", "off"),
        ("2024-01-31", "2024-01-31"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("e5", "e5"),
        ("'1e-3'", "1e-3"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("[1, {a: b}]", [1, {"a": "b"}]),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    found = parse_value(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_number():
    assert math.isnan(parse_value(".nan"))


def test_keys_are_text_whatever_they_look_like():
    assert parse_value("{1: a, true: b}") == {"1": "a", "true": "b"}


def test_every_key_and_value_knows_its_line_and_column():
    document = parse_document("a:\n  b: [x, yy]\n", "f.yaml")
    assert document.where(("a", "b"), of_key=True) == "f.yaml:2:3"
    assert document.where(("a", "b")) == "f.yaml:2:6"
    assert document.where(("a", "b", 1)) == "f.yaml:2:10"


def test_place_of_what_is_absent_is_the_key_around_it():
    document = parse_document("a:\n  b: 1\n", "f.yaml")
    assert document.where(("a", "c", "d")) == "f.yaml:1:1"
    assert document.where(("z",)) == "f.yaml:1:1"


def test_an_alias_is_the_value_it_names():
    assert parse_value("{a: &x {b: 1}, c: *x}") == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize("text", ["a: 1\n---\nb: 2\n", "a: \x07\n", "a:\n\t- b\n", "a: *b\n"])
def test_what_is_not_one_yaml_document_is_refused_with_its_place(text):
    with pytest.raises(RecipeError, match=r"A recipe should be valid YAML\."):
        parse_document(text, "f.yaml")


def test_numbers_of_absurd_length_are_refused():
    with pytest.raises(RecipeError, match="A value should be text, a number"):
        parse_document(f"a: {'9' * 5000}", "f.yaml")
