"""From a point of the space to what a trainable is given."""

from typing import Any

from pareto_search.recipe.config import SweepConfig
from pareto_search.space import Point, nest


def trial_params(config: SweepConfig, point: Point, repeat: int = 0) -> dict[str, Any]:
    """The nested parameters of the trial at `point`: a new object, free to be changed.

    `point` is laid over the recipe's `params`. `seed` is added unless one of the two fixes it:
    it is ``seeds.sweep``, **the same for every point** (common random numbers), so that two
    trials differ by their parameters and not also by initial weights and order of the data. The
    trial with number `repeat`, from 0, at one point has that seed plus `repeat`.
    """
    return {"seed": config.seeds.sweep + repeat, **nest(point, config.params)}
