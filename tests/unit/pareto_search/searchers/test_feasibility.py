"""The chance to complete: what it says where nothing, one thing or much is known."""

import numpy as np
import pytest
from scipy import stats

from pareto_search.searchers.feasibility import LENGTH, NEAREST, NOISE, OPTIMISM, Feasibility
from pareto_search.space import Choice, Float, Int

LINE = {"x": Float(type="float", low=0, high=1)}
PLANE = {key: Float(type="float", low=0, high=1) for key in "xy"}
MIXED = {
    "kind": Choice(type="choice", values=("a", "b", "c")),
    "n": Int(type="int", low=1, high=64, log=True, when={"kind": "a"}),
}


def learned(space, points, fails):
    model = Feasibility(space)
    for point in points:
        model.add(point, is_feasible=not fails(point))
    return model


def grid(number):
    return [{"x": x, "y": y} for x in np.linspace(0, 1, number) for y in np.linspace(0, 1, number)]


def test_as_long_as_nothing_failed_everything_completes():
    model = learned(PLANE, grid(4), lambda _: False)
    assert model.chances(grid(3)).tolist() == [1.0] * 9


def test_one_failure_is_what_the_formula_says():
    """Rasmussen and Williams (2.25), (2.26) for one observation, and the probit average of it."""
    model = learned(LINE, [{"x": 0.25}], lambda _: True)
    for x in (0.25, 0.5, 1.0):
        near = np.exp(-((x - 0.25) ** 2) / (2 * LENGTH**2)) - 0.25 * (x - 0.5)
        gain = near / (1 + 0.25**2 + NOISE)
        mean = OPTIMISM + gain * (-1 - OPTIMISM)
        variance = 1 + (x - 0.5) ** 2 - gain * near + NOISE
        expected = stats.norm.cdf(mean / np.sqrt(variance))
        assert model.chance({"x": x}) == pytest.approx(expected, abs=1e-12)


def test_a_limit_is_found_between_what_failed_and_what_completed():
    model = learned(PLANE, grid(6), lambda p: p["x"] + p["y"] > 1.3)
    assert model.chance({"x": 0.95, "y": 0.95}) < 0.05
    assert model.chance({"x": 0.2, "y": 0.3}) > 0.95
    assert 0.2 < model.chance({"x": 0.65, "y": 0.65}) < 0.8


def test_a_limit_in_one_direction_is_expected_to_go_on():
    """Nothing was tried above 0.7; what lies further still is no safer."""
    points = [{"x": x} for x in np.linspace(0, 0.7, 8)]
    model = learned(LINE, points, lambda p: p["x"] > 0.5)
    assert model.chance({"x": 1.0}) < model.enough < model.chance({"x": 0.1})


def test_kinds_and_conditional_numbers_are_told_apart():
    points = [{"kind": "a", "n": n} for n in (1, 2, 4, 8, 16, 32, 64)] + [{"kind": "b"}] * 3
    model = learned(MIXED, points, lambda p: p.get("n", 0) > 10)
    assert model.chance({"kind": "a", "n": 64}) < 0.2
    assert model.chance({"kind": "a", "n": 1}) > 0.8
    assert model.chance({"kind": "b"}) > 0.8


def test_far_outcomes_are_left_out_only_where_there_are_many():
    generator = np.random.default_rng(0)
    points = [dict(zip("xy", pair, strict=True)) for pair in generator.random((NEAREST, 2))]
    model = learned(PLANE, points, lambda p: p["x"] < 0.3)
    asked = grid(3)
    assert model.chances(asked) == pytest.approx([model.chance(point) for point in asked])
    for point in points:
        model.add(point, is_feasible=point["x"] >= 0.3)
    assert model.chance({"x": 0.1, "y": 0.5}) < 0.1
    assert model.chance({"x": 0.6, "y": 0.5}) > 0.9


def test_failures_ask_for_more_certainty_and_completions_for_less_again():
    model = Feasibility(LINE)
    asked = [model.enough]
    for is_feasible in [False] * 3 + [True] * 36:
        model.add({"x": 0.5}, is_feasible=is_feasible)
        asked.append(model.enough)
    assert asked[0] == pytest.approx(0.75, abs=0.005)
    assert asked[0] < asked[1] < asked[2] < asked[3] < 0.99
    assert np.diff(asked[3:]).max() <= 0
    assert asked[-1] == pytest.approx(asked[0])  # fewer than one in twelve failed


def test_certainty_asked_for_is_never_out_of_reach():
    model = learned(LINE, [{"x": x} for x in np.linspace(0, 1, 50)], lambda _: True)
    assert model.enough < 0.995
