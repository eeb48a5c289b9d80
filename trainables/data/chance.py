"""Numbers drawn from a generator that is passed, so that what follows is repeatable."""

import math

import torch


def below(bound: int, generator: torch.Generator) -> int:
    """A whole number, at least 0 and below `bound`, each as likely.

    >>> below(1, torch.Generator())
    0
    """
    return int(torch.randint(bound, (), generator=generator))


def part(generator: torch.Generator) -> float:
    """A number in [0, 1)."""
    return float(torch.rand((), generator=generator))


def between(low: float, high: float, generator: torch.Generator) -> float:
    """A number from `low` to `high`, evenly."""
    return low + (high - low) * part(generator)


def factor(most: float, generator: torch.Generator) -> float:
    """A number from ``1 / most`` to `most`, evenly in its logarithm: as often below 1 as above.

    >>> factor(1.0, torch.Generator())
    1.0
    """
    return math.pow(most, between(-1.0, 1.0, generator))


def happens(probability: float, generator: torch.Generator) -> bool:
    """True with this probability; what never happens draws nothing."""
    return probability > 0 and part(generator) < probability


def seed(generator: torch.Generator) -> int:
    """A seed for another generator."""
    return below(2**62, generator)
