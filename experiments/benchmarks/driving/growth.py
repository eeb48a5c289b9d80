"""How the cost of a decision grows with the trials, up to 10 000 on 1 000 workers."""

import time
from collections.abc import Callable

import numpy as np

from driving.rows import Row, quantiles
from pareto_search.recipe.config import SearcherConfig
from pareto_search.simulation.problems.analytic import make_analytic
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import config_of, simulate

PLACES = 40
"""Numbers of trials at which the cumulated cost is kept."""


def growth(
    config: SearcherConfig, trials: int, workers: int, stopwatch: Callable[[], float]
) -> Row:
    """Seconds of all proposals and all results up to n trials, for n at `PLACES` places.

    `exponent` is p of the fit of both together to ``c (n log n)^p`` over the trials after the
    first `workers`: 1 or less does not grow faster than n log n.
    """
    problem = make_analytic("zdt1")
    setting = Setting(workers, stopwatch=stopwatch)
    began = time.perf_counter()
    simulated = simulate(problem, config_of(problem, config, trials), setting)
    took_s = time.perf_counter() - began
    trace = simulated.trace
    asks, results = np.cumsum(trace.propose_s), np.cumsum(trace.result_s)
    at = np.unique(np.geomspace(min(workers, trials // 4), trials, PLACES).astype(int))
    return {
        "kind": simulated.config.searcher.kind,
        "took_s": round(took_s, 1),
        "result": quantiles(trace.result_s[-trials // 10 :]),
        "ask": quantiles(trace.propose_s[-trials // 10 :]),
        "exponent": round(exponent(at, (asks + results)[at - 1]), 3),
        "n": at.tolist(),
        "ask_s": [round(float(s), 4) for s in asks[at - 1]],
        "result_s": [round(float(s), 4) for s in results[at - 1]],
    }


def exponent(n: np.ndarray, seconds: np.ndarray) -> float:
    """p of the least-squares fit of `seconds`, cumulated, to ``a + c (n log n)^p``.

    >>> n = np.arange(100, 1000)
    >>> round(exponent(n, 5 + 3 * (n * np.log(n)) ** 0.9), 2)
    0.9
    """
    scale = n * np.log(n)
    scale = scale / scale[-1]
    powers = np.linspace(0.2, 3.0, 561)
    errors = []
    for power in powers:
        design = np.stack([np.ones(len(n)), scale**power], axis=1)
        fit, *_ = np.linalg.lstsq(design, seconds, rcond=None)
        errors.append(float(((design @ fit - seconds) ** 2).sum()))
    return float(powers[int(np.argmin(errors))])
