"""Units: every value has one, every unit has a value, and near points are one trial."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pareto_search.searchers.encoding import (
    choice_index,
    fingerprint,
    from_unit,
    is_free,
    to_unit,
    uniform_point,
)
from pareto_search.space import Choice, Float, Int, contains

PARAMETERS = [
    Float(type="float", low=-3, high=5),
    Float(type="float", low=1e-6, high=10, log=True),
    Int(type="int", low=-2, high=7),
    Int(type="int", low=1, high=1000, log=True),
    Choice(type="choice", values=("a", True, 1, 1.0)),
]


@given(unit=st.floats(0, 1))
@pytest.mark.parametrize("parameter", PARAMETERS, ids=repr)
def test_every_unit_has_a_value_that_comes_back_from_its_own_unit(parameter, unit):
    value = from_unit(parameter, unit)
    assert parameter.contains(value)
    again = from_unit(parameter, to_unit(parameter, value))
    assert type(again) is type(value)
    is_rounded = isinstance(parameter, Float)
    assert again == (pytest.approx(value, rel=1e-12, abs=1e-12) if is_rounded else value)


@pytest.mark.parametrize("parameter", [PARAMETERS[2], PARAMETERS[4]], ids=repr)
def test_values_of_an_int_or_a_choice_share_the_unit_evenly(parameter):
    values = [from_unit(parameter, unit) for unit in np.linspace(0.0005, 0.9995, 1000)]
    kinds = {(type(value), value) for value in values}
    counts = [sum((type(v), v) == kind for v in values) for kind in kinds]
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("is_int", [False, True])
def test_a_log_parameter_is_halved_at_its_geometric_mean(is_int):
    build, kind = (Int, "int") if is_int else (Float, "float")
    parameter = build(type=kind, low=1, high=10000, log=True)
    assert from_unit(parameter, 0.5) == pytest.approx(100, rel=0.35 if is_int else 1e-9)
    linear = build(type=kind, low=1, high=10000)
    assert from_unit(linear, 0.5) == pytest.approx(5000, rel=1e-3)


def test_bounds_are_reached_and_never_passed():
    parameter = Float(type="float", low=0.1, high=0.7, log=True)
    for unit, bound in ((0.0, 0.1), (1.0, 0.7)):
        assert math.isclose(from_unit(parameter, unit), bound)
        assert parameter.contains(from_unit(parameter, unit))
        assert math.isclose(to_unit(parameter, bound), unit, abs_tol=1e-12)


def test_equal_choices_of_different_type_have_places_of_their_own():
    parameter = Choice(type="choice", values=(1, True, 1.0, "1"))
    assert [choice_index(parameter, value) for value in parameter.values] == [0, 1, 2, 3]


def test_only_parameters_with_more_than_one_value_are_free():
    assert all(is_free(parameter) for parameter in PARAMETERS)
    assert not is_free(Float(type="float", low=2, high=2))
    assert not is_free(Int(type="int", low=2, high=2, log=True))
    assert not is_free(Choice(type="choice", values=("a",)))


def test_a_parameter_with_one_value_has_the_middle_of_the_unit():
    parameter = Float(type="float", low=2, high=2, log=True)
    assert (to_unit(parameter, 2.0), from_unit(parameter, 0.9)) == (0.5, 2.0)


SPACE = {
    "x": Float(type="float", low=0, high=1, when={"kind": "a"}),
    "kind": Choice(type="choice", values=("a", "b")),
    "n": Int(type="int", low=1, high=9),
}


def test_uniform_points_are_of_the_space_and_reach_every_choice():
    generator = np.random.default_rng(0)
    points = [uniform_point(SPACE, generator) for _ in range(50)]
    assert all(contains(SPACE, point) for point in points)
    assert {point["kind"] for point in points} == {"a", "b"}
    assert {point["n"] for point in points} == set(range(1, 10))


def test_a_fingerprint_knows_no_order_and_no_rounding_but_every_difference():
    point = {"kind": "a", "x": 0.3, "n": 2}
    same = {"n": 2, "x": 0.1 + 0.2, "kind": "a"}
    assert fingerprint(SPACE, point) == fingerprint(SPACE, same)
    others = [{**point, "x": 0.31}, {**point, "n": 3}, {"kind": "b", "n": 2}]
    assert len({fingerprint(SPACE, other) for other in [point, *others]}) == 4
