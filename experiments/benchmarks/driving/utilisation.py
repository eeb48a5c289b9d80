"""How well workers are used where proposals take real time: measured, charged to the clock."""

from collections.abc import Callable

from driving.rows import Row, quantiles
from pareto_search.recipe.config import SearcherConfig
from pareto_search.simulation.problems.analytic import make_analytic
from pareto_search.simulation.problems.durations import Lognormal
from pareto_search.simulation.setting import Setting, as_measured
from pareto_search.simulation.sweep import config_of, simulate

WORKERS = 32
MINUTE = Lognormal(60.0, sigma=0.3)
MODES = {
    "ahead": {"prefetch": "auto"},
    "on demand": {"prefetch": 0},
    "on the event loop": {"prefetch": 0, "asks_block": True},
}
"""As our sweeps do; beside the loop, but only for a free worker; and as Ray does by itself."""


def utilisation(
    config: SearcherConfig, mode: str, trials: int, stopwatch: Callable[[], float]
) -> Row:
    """Part of the workers' time in which they work, until there are no more trials to start."""
    problem = make_analytic("zdt1", durations=MINUTE)
    setting = Setting(
        WORKERS,
        ask_cost=as_measured,
        result_cost=as_measured,
        stopwatch=stopwatch,
        **MODES[mode],
    )
    simulated = simulate(problem, config_of(problem, config, trials), setting)
    trace = simulated.trace
    asks = quantiles(trace.ask_s)
    return {
        "utilisation": round(trace.utilisation(trace.last_start_s), 4),
        "ask_p50_ms": asks["p50_ms"],
        "ask_max_ms": asks["max_ms"],
    }
