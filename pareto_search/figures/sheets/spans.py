"""From where to where an axis goes."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from pareto_search.figures.limits import limits
from pareto_search.figures.sheets.sheet import Scale
from pareto_search.objective import Objective

_MARGIN = 0.06
_MOST_TICKS = 7


def objective_scale(
    objective: Objective, needed: Iterable[float], values: Iterable[float], name: str = ""
) -> Scale:
    """An axis of `objective` that shows all `needed` values and the bulk of `values`.

    A few bad ones are left outside, so that they do not squeeze the rest; values that are not
    finite are passed over.
    """
    every = _column(objective, values)
    kept = _column(objective, needed) or every
    reference = np.asarray([objective.loss(objective.reference)])
    low, high = limits(kept, every or kept, reference)
    ends = sorted((objective.loss(float(low[0])), objective.loss(float(high[0]))))
    return Scale(objective_label(objective, name), ends[0], ends[1])


def objective_label(objective: Objective, name: str = "") -> str:
    """`name`, or the objective's own, and which way it gets better."""
    arrow = "↓" if objective.direction == "minimize" else "↑"
    return f"{name or objective.name} {arrow}"


def span(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the greatest of `values`, with a margin; 0 to 1 without any."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    margin = _MARGIN * (high - low) or 0.5
    return low - margin, high + margin


def _column(objective: Objective, values: Iterable[float]) -> list[np.ndarray]:
    losses = (objective.loss(value) for value in values)
    return [np.asarray([loss]) for loss in losses if np.isfinite(loss)]


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, both above 0: 1, 2 and 5 of each decade, or fewer.

    >>> log_ticks(0.4, 5.0)
    [0.5, 1.0, 2.0, 5.0]
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1,)):
        ticks = [float(f"{digit}e{decade}") for decade in decades for digit in digits]
        kept = [tick for tick in ticks if low <= tick <= high]
        if len(kept) <= _MOST_TICKS:
            return kept or [float(f"{end:.3g}") for end in (low, high)]
    return kept[:: -(-len(kept) // _MOST_TICKS)]
