"""Counting the points of a space, against going through them."""

import itertools

import pytest

from pareto_search.searchers.points import all_points, count_points
from pareto_search.space import Choice, Float, Int, active, contains, digest

KIND = Choice(type="choice", values=("a", "b", 1, True))
SPACES = {
    "flat": {"n": Int(type="int", low=-1, high=3), "kind": KIND},
    "conditional": {
        "m": Int(type="int", low=1, high=3, when={"n": [2, 4], "kind": 1}),
        "n": Int(type="int", low=1, high=5, when={"kind": ["a", 1]}),
        "kind": KIND,
        "fixed": Float(type="float", low=2, high=2),
        "last": Choice(type="choice", values=("u", "v"), when={"m": [1, 3]}),
    },
    "never": {
        "kind": Choice(type="choice", values=("a",)),
        "x": Float(type="float", low=0, high=1, when={"kind": "b"}),
    },
}


def by_brute_force(space):
    values = [
        p.values
        if isinstance(p, Choice)
        else [p.low]
        if isinstance(p, Float)
        else range(p.low, p.high + 1)
        for p in space.values()
    ]
    points = (active(space, dict(zip(space, v, strict=True))) for v in itertools.product(*values))
    return {digest(point) for point in points}


@pytest.mark.parametrize("name", SPACES)
def test_points_are_counted_exactly_and_each_is_listed_once(name):
    listed = list(all_points(SPACES[name]))
    assert count_points(SPACES[name]) == len(listed)
    assert {digest(point) for point in listed} == by_brute_force(SPACES[name])
    assert len(listed) == len(by_brute_force(SPACES[name]))
    assert all(contains(SPACES[name], point) for point in listed)


def test_a_range_too_long_to_go_through_is_counted():
    space = {
        "n": Int(type="int", low=1, high=10**12),
        "deep": Int(type="int", low=1, high=10**9, when={"n": [1, 7]}),
    }
    assert count_points(space) == 10**12 - 2 + 2 * 10**9


@pytest.mark.parametrize("when", [{}, {"kind": "b"}])
def test_a_real_parameter_that_can_be_active_makes_them_infinitely_many(when):
    space = {"kind": KIND, "x": Float(type="float", low=0, high=1, when=when)}
    assert count_points(space) is None
