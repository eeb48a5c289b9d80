"""Priors: the distribution they state, and no influence where there is none."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from pareto_search.searchers.encoding import from_unit, to_unit, uniform_point
from pareto_search.searchers.priors import WEIGHTS, WIDTHS, has_priors, likely_point, prior_unit
from pareto_search.space import Choice, Float, Int

UNITS = (np.arange(4000) + 0.5) / 4000


@pytest.mark.parametrize("confidence", WIDTHS)
@pytest.mark.parametrize("mode", [0.0, 0.3, 1.0])
def test_a_number_is_normal_about_its_prior_within_its_range(confidence, mode):
    parameter = Float(type="float", low=0, high=1, prior=mode, confidence=confidence)
    width = WIDTHS[confidence]
    drawn = [prior_unit(parameter, unit) for unit in UNITS]
    truth = stats.truncnorm(-mode / width, (1 - mode) / width, loc=mode, scale=width)
    assert np.abs(np.array(drawn) - truth.ppf(UNITS)).max() < 1e-9


def test_the_prior_of_a_logarithmic_parameter_is_normal_in_the_logarithm():
    parameter = Float(type="float", low=1e-4, high=1.0, log=True, prior=1e-2)
    drawn = [from_unit(parameter, prior_unit(parameter, unit)) for unit in UNITS]
    assert np.median(drawn) == pytest.approx(1e-2, rel=1e-2)


@pytest.mark.parametrize("confidence", WEIGHTS)
def test_the_prior_of_a_choice_is_so_many_times_as_likely_as_each_other(confidence):
    values = ("a", 1, True, 1.0)
    parameter = Choice(type="choice", values=values, prior=True, confidence=confidence)
    drawn = [repr(from_unit(parameter, prior_unit(parameter, unit))) for unit in UNITS]
    others = [drawn.count(repr(value)) for value in ("a", 1, 1.0)]
    assert drawn.count("True") / np.mean(others) == pytest.approx(WEIGHTS[confidence], rel=0.01)
    assert max(others) - min(others) <= 2


@pytest.mark.parametrize(
    "parameter",
    [
        Float(type="float", low=2, high=2, prior=2.0),
        Int(type="int", low=3, high=3, prior=3),
        Choice(type="choice", values=("a",), prior="a"),
        Int(type="int", low=1, high=64, log=True, prior=64, confidence="high"),
        Choice(type="choice", values=("a", "b"), prior="b"),
    ],
    ids=repr,
)
def test_every_unit_stays_a_unit_and_grows_with_what_it_is_drawn_from(parameter):
    drawn = [prior_unit(parameter, unit) for unit in (0.0, *UNITS, 1.0)]
    assert 0 <= min(drawn) <= max(drawn) <= 1
    assert np.diff(drawn).min() >= 0
    assert all(parameter.contains(from_unit(parameter, unit)) for unit in drawn)


def test_every_second_random_point_follows_the_priors():
    space = {"x": Float(type="float", low=0, high=1, prior=0.9, confidence="high")}
    rng = np.random.default_rng(0)
    drawn = np.array([likely_point(space, rng)["x"] for _ in range(4000)])
    near = stats.truncnorm(-0.9 / 0.125, 0.1 / 0.125, loc=0.9, scale=0.125)
    expected = 0.5 * 0.5 + 0.5 * near.cdf(0.5)
    assert np.mean(drawn < 0.5) == pytest.approx(expected, abs=0.03)


def test_without_priors_random_points_are_uniform():
    space = {"x": Float(type="float", low=0, high=1), "n": Int(type="int", low=1, high=5)}
    assert not has_priors(space)
    one, other = (np.random.default_rng(3) for _ in range(2))
    assert likely_point(space, one) == uniform_point(space, other)
    assert to_unit(space["x"], 0.25) == prior_unit(space["x"], 0.25)


@pytest.mark.parametrize(
    ("build", "fields"),
    [
        (Float, {"type": "float", "low": 0, "high": 1, "prior": 1.5}),
        (Int, {"type": "int", "low": 0, "high": 4, "prior": 5}),
        (Choice, {"type": "choice", "values": (1, 2), "prior": 1.0}),
    ],
)
def test_a_prior_is_a_value_of_its_parameter(build, fields):
    with pytest.raises(ValidationError, match="`prior` should be a value"):
        build(**fields)
