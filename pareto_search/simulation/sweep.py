"""From a problem to a simulated sweep: the recipe a real one would have, its ledger, its trace."""

from collections.abc import Callable
from dataclasses import dataclass

from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.schedulers import Scheduler, make_scheduler
from pareto_search.searchers.choosing import with_searcher
from pareto_search.searchers.problem import problem_of
from pareto_search.searchers.protocol import Searcher
from pareto_search.searchers.registry import make_searcher
from pareto_search.simulation.asking import VirtualAsker
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.memory import MemoryDirectory
from pareto_search.simulation.problem import SimulatedProblem
from pareto_search.simulation.running import run_simulation
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.trace import Trace
from pareto_search.trials.judging import Judge
from pareto_search.trials.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulated sweep that is over: its configuration, its ledger and what happened."""

    config: SweepConfig
    ledger: Ledger
    trace: Trace


def simulate(
    problem: SimulatedProblem,
    config: SweepConfig,
    setting: Setting,
    *,
    searcher: Searcher | None = None,
    scheduler: Scheduler | None = None,
    is_over: Callable[[Ledger], bool] | None = None,
) -> Simulated:
    """Run the sweep `config` over `problem` on the workers of `setting`, under a virtual clock.

    `searcher` and `scheduler` stand in for those that `config` names. Of the budget the trials
    count; any other part does by `is_over`, which stops what runs as soon as it says so.
    """
    config = with_searcher(config)[0]
    if searcher is None:
        searcher = make_searcher(config.searcher, problem_of(config), config.seeds.sweep)
    if scheduler is None and config.scheduler is not None:
        scheduler = make_scheduler(config.scheduler, [o.name for o in config.objectives])
    clock = VirtualClock()
    asker = VirtualAsker(searcher, clock, setting)
    ledger = Ledger(MemoryDirectory(), config, asker, clock=clock)
    ledger.restore()
    judge = Judge(scheduler, config.objectives) if scheduler is not None else None
    return Simulated(config, ledger, run_simulation(ledger, asker, problem, judge, is_over))


def config_of(
    problem: SimulatedProblem, searcher: SearcherConfig, trials: int, seed: int = 0
) -> SweepConfig:
    """The recipe of a sweep of `trials` over `problem`; `seed` is the searcher's."""
    config = SweepConfig.model_validate(
        {
            "name": problem.name,
            "trainable": "pareto_search.simulation:problem",
            "objectives": problem.objectives,
            "space": dict(problem.space),
            "constraints": problem.constraints,
            "searcher": searcher,
            "budget": {"trials": trials},
            "seeds": {"sweep": seed},
        }
    )
    return with_searcher(config)[0]
