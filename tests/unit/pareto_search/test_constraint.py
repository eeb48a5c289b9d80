"""Declared constraints: what is read, what is refused, and by how much one is broken."""

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pareto_search.constraint import Constraint

NUMBERS = st.floats(-1e6, 1e6)


@given(a=NUMBERS, b=NUMBERS, bound=NUMBERS)
def test_the_violation_is_the_excess_of_the_smaller_side_over_the_larger(a, b, bound):
    values = {"a.x": a, "b": b}
    assert Constraint(f"a.x + 2 * b <= {bound!r}").violation(values) == a + 2 * b - bound
    assert Constraint(f"a.x >= {bound!r}").violation(values) == bound - a
    assert Constraint("a.x / 2 - -b <= b").violation(values) == a / 2 + b - b


@pytest.mark.parametrize(
    "values", [{}, {"a": "text"}, {"a": True}, {"a": None}, {"a": math.nan}, {"a": 0.0}]
)
def test_what_cannot_be_computed_is_nan(values):
    assert math.isnan(Constraint("1 / a <= 2").violation(values))


def test_its_names_are_the_dotted_ones():
    assert Constraint("a.b * (c - 1) >= 3").names == {"a.b", "c"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a < 3",
        "a == 3",
        "a <= b <= c",
        "1 <= 2",
        "f(a) <= 3",
        "a[0] <= 3",
        "a <= '3'",
        "a ** 2 <= 3",
        "a <= True",
        "a <=",
        "(a, b) <= 3",
        "a.b() <= 2",
        "a if b else c <= 3",
    ],
)
def test_anything_else_is_refused_with_the_text_that_was_found(text):
    with pytest.raises(ValueError, match="A constraint should"):
        Constraint(text)


def test_it_survives_pickling():
    copy = pickle.loads(pickle.dumps(Constraint("a <= 3")))
    assert copy == Constraint("a <= 3")
    assert copy.violation({"a": 5}) == 2
