"""One wording of every range, and numbers that are held to it."""

import math

import numpy as np
import pytest
from pydantic import BaseModel, Field

from trainables.errors import ParameterError
from trainables.ranges import check_choice, check_number, check_whole, range_rule


class Model(BaseModel):
    part: float = Field(default=0.5, ge=0, le=1)
    tau: float = Field(default=1.0, gt=0)
    rate: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    seed: int = 0
    threads: int | None = Field(default=None, ge=1, lt=64)
    name: str = "x"


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("part", "should be a number, at least 0 and at most 1"),
        ("tau", "should be a number, above 0"),
        ("rate", "should be a finite number, above 0"),
        ("seed", "should be a whole number"),
        ("threads", "should be a whole number, at least 1 and below 64"),
        ("name", None),
    ],
)
def test_the_rule_of_a_field_names_every_bound(field, rule):
    assert range_rule(Model.model_fields[field]) == rule


def is_refused(check, value, **bounds):
    try:
        check("x", value, **bounds)
    except ParameterError:
        return True
    return False


def test_a_number_passes_up_to_both_ends_of_its_range_and_no_farther():
    values = [-0.1, 0, 0.5, 1, 1.1]
    found = [is_refused(check_number, value, ge=0, le=1) for value in values]
    assert found == [True, False, False, False, True]


@pytest.mark.parametrize(
    "value",
    [-1e-9, 1.001, math.nan, math.inf, -math.inf, True, "0.5", "word", None, [1], 1j, 10**400],
)
def test_a_number_outside_its_range_is_refused_with_range_and_value(value):
    with pytest.raises(ParameterError) as caught:
        check_number("part", value, ge=0, le=1)
    assert str(caught.value) == (
        "Parameter `part` should be a finite number, at least 0 and at most 1. "
        f"Found `part = {value}`."
    )


@pytest.mark.parametrize("value", [0, -1, 2.0, 2.5, math.nan, math.inf, True, "2", None])
def test_what_is_no_whole_number_within_its_range_is_refused_with_range_and_value(value):
    check_whole("shells", 1, ge=1)
    with pytest.raises(ParameterError) as caught:
        check_whole("shells", value, ge=1)
    assert str(caught.value) == (
        f"Parameter `shells` should be a whole number, at least 1. Found `shells = {value}`."
    )


def test_the_numbers_of_numpy_are_numbers_and_its_truths_are_none():
    assert not is_refused(check_number, np.float32(0.5), ge=0, le=1)
    assert not is_refused(check_whole, np.int64(2), ge=1)
    assert is_refused(check_number, np.bool_(True), ge=0, le=1)


@pytest.mark.parametrize(("bounds", "value"), [({"gt": 0}, 0), ({"lt": 1}, 1), ({"le": 1}, 2)])
def test_open_and_closed_ends_are_told_apart(bounds, value):
    with pytest.raises(ParameterError, match="`x`"):
        check_number("x", value, **bounds)


def test_a_word_that_is_no_choice_is_refused_with_the_choices():
    check_choice("dice", "squared", ["squared", "semimetric"])
    with pytest.raises(ParameterError, match=r"`dice` should be one of \['squared'\]. Found `dice"):
        check_choice("dice", "cubic", ["squared"])
