"""Likely values: where random proposals and first designs look more often.

A parameter's `prior` is the mode of a normal distribution over its unit, truncated to [0, 1], whose
standard deviation the `confidence` says; a choice's is so many times as likely as each other value.
Mallik et al. (2023), "PriorBand", arXiv:2306.12370, take a quarter of the range. As there, half
of the proposals of a random design follow the priors and the other half are uniform, so that a
prior that misleads costs no more than half of a design.
"""

import math

import numpy as np
from scipy.special import ndtr, ndtri

from pareto_search.searchers.encoding import choice_index, from_unit, to_unit
from pareto_search.space import Choice, Confidence, Parameter, Scalar, Space, active

WIDTHS: dict[Confidence, float] = {"low": 0.5, "medium": 0.25, "high": 0.125}
"""Standard deviation of a number's prior, as a part of its range (of its logarithm's)."""

WEIGHTS: dict[Confidence, float] = {"low": 2.0, "medium": 4.0, "high": 8.0}
"""How many times as likely as another value the prior of a choice is."""


def prior_unit(parameter: Parameter, unit: float) -> float:
    """The unit below which a part `unit` of the prior's mass lies; `unit` itself without a prior.

    Uniform numbers in [0, 1] become numbers distributed as the prior says, and a design that is
    spread evenly stays so in the prior's measure.

    >>> from pareto_search.space import Float
    >>> prior_unit(Float(type="float", low=0, high=8, prior=4.0), 0.5)
    0.5
    """
    if parameter.prior is None:
        return unit
    if isinstance(parameter, Choice):
        return _choice_unit(parameter, parameter.prior, unit)
    mode, width = to_unit(parameter, parameter.prior), WIDTHS[parameter.confidence]
    below, above = ndtr(-mode / width), ndtr((1 - mode) / width)
    drawn = mode + width * float(ndtri(below + unit * (above - below)))
    return min(max(drawn, 0.0), 1.0)


def has_priors(space: Space) -> bool:
    """Whether any parameter of `space` has a prior."""
    return any(parameter.prior is not None for parameter in space.values())


def likely_point(space: Space, generator: np.random.Generator) -> dict[str, Scalar]:
    """A random point, inactive keys absent: every second, by chance, as the priors say.

    The others, and all of them where there is no prior, are uniform (in the logarithm where
    `log` is set).
    """
    units = generator.random(len(space))
    return designed_point(space, units.tolist(), is_likely=bool(generator.random() < 0.5))


def designed_point(space: Space, units: list[float], *, is_likely: bool) -> dict[str, Scalar]:
    """The point at `units`, one number in [0, 1] a key, through the priors where `is_likely`."""
    values: dict[str, Scalar] = {}
    for (key, parameter), unit in zip(space.items(), units, strict=True):
        values[key] = from_unit(parameter, prior_unit(parameter, unit) if is_likely else unit)
    return active(space, values)


def _choice_unit(parameter: Choice, prior: Scalar, unit: float) -> float:
    weights = np.ones(len(parameter.values))
    weights[choice_index(parameter, prior)] = WEIGHTS[parameter.confidence]
    edges = np.cumsum(weights) / weights.sum()
    place = min(int(np.searchsorted(edges, unit, side="right")), len(weights) - 1)
    start = edges[place - 1] if place else 0.0
    within = float((unit - start) / (edges[place] - start))
    return min((place + within) / len(weights), math.nextafter((place + 1) / len(weights), 0.0))
