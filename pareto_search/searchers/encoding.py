"""Parameters as numbers in [0, 1]: what an operator that knows only real numbers works on.

Float and Int are scaled linearly, or in the logarithm where `log` is set. An Int owns an interval
of the unit for each of its values (all equally wide without `log`); so does a Choice. The value's
own unit is the middle of its interval.
"""

import math

import numpy as np

from pareto_search.space import Choice, Float, Int, Parameter, Point, Scalar, Space, active

DIGITS = 9
"""Decimals of the unit that tell two points apart: nearer ones are the same trial twice."""


def to_unit(parameter: Parameter, value: Scalar) -> float:
    """`value` of `parameter` as a number in [0, 1]; 0.5 where there is only one value.

    >>> to_unit(Float(type="float", low=1, high=100, log=True), 10.0)
    0.5
    """
    if isinstance(parameter, Choice):
        return (choice_index(parameter, value) + 0.5) / len(parameter.values)
    low, high = _range(parameter)
    if low == high:
        return 0.5
    return (_scaled(parameter, float(value)) - low) / (high - low)


def from_unit(parameter: Parameter, unit: float) -> Scalar:
    """The value of `parameter` that `unit`, a number in [0, 1], stands for.

    >>> from_unit(Int(type="int", low=1, high=3), 0.5)
    2
    """
    if isinstance(parameter, Choice):
        return parameter.values[min(int(unit * len(parameter.values)), len(parameter.values) - 1)]
    low, high = _range(parameter)
    scaled = low + unit * (high - low)
    number = math.exp(scaled) if parameter.log else scaled
    if isinstance(parameter, Int):
        return min(max(math.floor(number + 0.5), parameter.low), parameter.high)
    return min(max(number, parameter.low), parameter.high)


def choice_index(parameter: Choice, value: Scalar) -> int:
    """The place of `value` in the choice; unlike `tuple.index`, 1 and True and 1.0 are three."""
    return next(
        place
        for place, known in enumerate(parameter.values)
        if type(known) is type(value) and known == value
    )


def is_free(parameter: Parameter) -> bool:
    """Whether `parameter` has more than one value."""
    if isinstance(parameter, Choice):
        return len(parameter.values) > 1
    return parameter.low < parameter.high


def uniform_point(space: Space, generator: np.random.Generator) -> dict[str, Scalar]:
    """A point drawn uniformly (in the logarithm where `log` is set), inactive keys absent."""
    units = generator.random(len(space))
    values = {key: from_unit(space[key], float(u)) for key, u in zip(space, units, strict=True)}
    return active(space, values)


def fingerprint(space: Space, point: Point) -> tuple[tuple[str, float], ...]:
    """What two points share exactly when they are the same trial, up to rounding."""
    return tuple((key, round(to_unit(space[key], point[key]), DIGITS)) for key in sorted(point))


def _range(parameter: Float | Int) -> tuple[float, float]:
    margin = 0.5 if isinstance(parameter, Int) else 0.0
    return _scaled(parameter, parameter.low - margin), _scaled(parameter, parameter.high + margin)


def _scaled(parameter: Float | Int, value: float) -> float:
    return math.log(value) if parameter.log else value
