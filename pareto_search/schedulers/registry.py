"""Which scheduler a recipe asks for."""

from collections.abc import Sequence

from pareto_search.recipe.scheduling import SchedulerConfig
from pareto_search.schedulers.protocol import Scheduler


def make_scheduler(config: SchedulerConfig, objectives: Sequence[str]) -> Scheduler:
    """The scheduler that `config` names, for losses in the order of `objectives` (names)."""
    from pareto_search.schedulers.asha import AshaScheduler  # imports Ray

    return AshaScheduler(config, list(objectives).index(config.objective))
