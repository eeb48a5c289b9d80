"""Weights: how much each objective counts, on losses normalised by the whole front."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pareto_search.choice.constraint import bad_flag, check_numbers, check_objective, finite
from pareto_search.fronts.front import Losses
from pareto_search.fronts.knee import normalised
from pareto_search.objective import Objective

_AUGMENTATION = 1e-3
"""Weight of the sum beside the maximum: only breaks ties of the weighted Tchebycheff distance."""


def distance_to_ideal(losses: Losses, weights: npt.NDArray[np.float64]) -> Losses:
    """Augmented weighted Tchebycheff distance of each row of `losses` (N x M) to the ideal, N.

    ``max_i w_i z_i + 0.001 sum_i z_i``, where z are the losses normalised by their ideal and
    nadir, and the largest weight is 1.
    """
    z = normalised(losses)
    distance: Losses = (weights / weights.max() * z).max(axis=1) + _AUGMENTATION * z.sum(axis=1)
    return distance


def checked_weights(prefer: Mapping[str, float], objectives: Sequence[Objective]) -> Losses:
    """`prefer` as an array (M).

    Raises:
        RecipeError: it names no objective, leaves one out, or a weight means nothing.
    """
    check_numbers("--prefer", prefer)
    for name in prefer:
        check_objective("--prefer", name, objectives)
    missing = [o.name for o in objectives if o.name not in prefer]
    if missing:
        raise bad_flag(
            "--prefer",
            "should weigh every objective.",
            f"Found no weight of {', '.join(missing)}.",
            f"Add {','.join(f'{name}=0' for name in missing)} if it does not matter.",
        )
    weights = np.asarray([prefer[o.name] for o in objectives], dtype=np.float64)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise bad_flag(
            "--prefer",
            "should hold weights of at least 0, one of them above 0.",
            f"Found {say_numbers(prefer)}.",
            "A larger weight counts more.",
        )
    return weights


def parse_numbers(flag: str, text: str, kind: str = "WEIGHT") -> dict[str, float]:
    """The numbers by name that `flag` states, such as ``interior_error=1,boundary_error=2``.

    >>> parse_numbers("--prefer", "a=1, b=2.5")
    {'a': 1.0, 'b': 2.5}

    Raises:
        RecipeError: a part is not of the form ``NAME=NUMBER``, or a name comes twice.
    """
    numbers: dict[str, float] = {}
    for part in text.split(","):
        name, _, spelt = (piece.strip() for piece in part.partition("="))
        number = finite(spelt)
        if not name or number is None or name in numbers:
            raise bad_flag(
                flag,
                f"should be NAME={kind} for each objective, once, with commas between.",
                f"Found `{text}`.",
                f"For example {flag} interior_error=1,boundary_error=2.",
            )
        numbers[name] = number
    return numbers


def say_numbers(numbers: Mapping[str, float]) -> str:
    """`numbers` by name, for a person to read.

    >>> say_numbers({"a": 1.0, "b": 0.25})
    'a 1, b 0.25'
    """
    return ", ".join(f"{name} {number:g}" for name, number in numbers.items())
