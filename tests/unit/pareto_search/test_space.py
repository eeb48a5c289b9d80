"""What a parameter admits, what a condition switches off, and what is refused outright."""

import pytest
from pydantic import ValidationError

from pareto_search.space import (
    Choice,
    Float,
    Int,
    active,
    contains,
    digest,
    is_active,
    nest,
    parents_first,
)


@pytest.mark.parametrize(
    ("parameter", "inside", "outside"),
    [
        (
            Float(type="float", low=0.5, high=2),
            [0.5, 1, 2.0],
            [0.49, 2.01, True, "1", float("nan"), float("inf"), 10**400],
        ),
        (
            Int(type="int", low=1, high=3),
            [1, 2.0, 3],
            [0, 4, 1.5, True, "1", float("nan"), 10**400],
        ),
        (Choice(type="choice", values=(1, "a", False)), [1, "a", False], [True, 1.0, 0, "b"]),
    ],
)
def test_parameter_contains_its_range_and_types_alone(parameter, inside, outside):
    assert all(parameter.contains(value) for value in inside)
    assert not any(parameter.contains(value) for value in outside)


@pytest.mark.parametrize("kind", [Float, Int])
@pytest.mark.parametrize(
    ("bounds", "rule"),
    [
        ({"low": 2, "high": 1}, "`low` should be at most `high`"),
        ({"low": 0, "high": 1, "log": True}, "`low` should be above 0"),
    ],
)
def test_bounds_that_hold_no_value_are_refused(kind, bounds, rule):
    with pytest.raises(ValidationError, match=rule):
        kind(type=kind.__name__.lower(), **bounds)


def test_a_single_value_is_a_range():
    assert Float(type="float", low=1, high=1).contains(1.0)


def test_repeated_choices_are_refused_but_true_is_not_1():
    with pytest.raises(ValidationError, match="`values` should be distinct"):
        Choice(type="choice", values=("a", "a"))
    assert Choice(type="choice", values=(1, True)).values == (1, True)


def test_a_condition_may_name_one_value_or_several():
    one = Float(type="float", low=0, high=1, when={"kind": "a"})
    several = Float(type="float", low=0, high=1, when={"kind": ["a", "b"]})
    assert is_active(one, {"kind": "a"})
    assert not is_active(one, {"kind": "b"})
    assert is_active(several, {"kind": "b"})
    assert not is_active(several, {})


def test_true_does_not_meet_a_condition_on_1():
    parameter = Float(type="float", low=0, high=1, when={"count": 1})
    assert is_active(parameter, {"count": 1.0})
    assert not is_active(parameter, {"count": True})


def test_conditions_pass_on_from_parent_to_child():
    space = {
        "c": Int(type="int", low=0, high=1, when={"b": 1}),
        "b": Int(type="int", low=0, high=1, when={"a": 1}),
        "a": Int(type="int", low=0, high=1),
    }
    assert parents_first(space) == ["a", "b", "c"]
    assert active(space, {"a": 0, "b": 1, "c": 1}) == {"a": 0}
    assert contains(space, {"a": 1, "b": 0})
    assert not contains(space, {"a": 1, "b": 0, "c": 1})
    assert not contains(space, {"a": 1})


@pytest.mark.parametrize("whens", [({"b": 1}, {"a": 1}), ({"zzz": 1}, {})])
def test_circles_and_unknown_parents_are_refused(whens):
    a, b = (Int(type="int", low=0, high=1, when=when) for when in whens)
    with pytest.raises(ValueError, match="name unknown keys or form a circle"):
        parents_first({"a": a, "b": b})


def test_nesting_replaces_a_scalar_that_is_in_the_way():
    assert nest({"a.b": 1}, {"a": 5, "c": 2}) == {"a": {"b": 1}, "c": 2}


def test_digest_of_a_known_point_never_changes():
    assert digest({"a": 1, "b": "x", "c": True, "d": 0.5}) == "ead1bd9a3a39"
