"""From a point of the space to what a trainable is given."""

from typing import Any

from pareto_search.recipe.config import SweepConfig
from pareto_search.space import Point, nest


def trial_params(config: SweepConfig, point: Point) -> dict[str, Any]:
    """The nested parameters of the trial at `point`: a new object, free to be changed.

    `point` is laid over the recipe's `params`. `seed` is added unless one of the two fixes it:
    it is ``seeds.sweep``, **the same for every trial** (common random numbers), so that two
    trials differ by their parameters and not also by initial weights and order of the data.
    """
    return {"seed": config.seeds.sweep, **nest(point, config.params)}
