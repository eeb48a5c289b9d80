"""What handling one result costs once there are a thousand: report, end, journal and searcher."""

import math
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from driving.rows import Row, quantiles
from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.encoding import uniform_point
from pareto_search.searchers.problem import problem_of
from pareto_search.searchers.protocol import Outcome, Searcher
from pareto_search.searchers.registry import make_searcher
from pareto_search.simulation.asking import VirtualAsker
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.problems.analytic import AnalyticProblem, make_analytic
from pareto_search.simulation.running import run_simulation
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import config_of
from pareto_search.space import Point, Scalar
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.ledger import Ledger

MEASURED = 200
"""Results that are timed, after the others are there."""
WORKERS = 32


class Adopting:
    """Proposes at random and has `searcher` adopt it: a searcher's results without its proposals.

    So that a thousand results can be had of one that needs seconds for a proposal.
    """

    def __init__(self, searcher: Searcher, problem: AnalyticProblem) -> None:
        self.searcher, self.problem = searcher, problem

    def ask(self, index: int) -> dict[str, Scalar]:
        point = uniform_point(self.problem.space, np.random.default_rng(index))
        self.searcher.adopt(index, point)
        return point

    def adopt(self, index: int, point: Point) -> None:
        self.searcher.adopt(index, point)

    def tell(self, index: int, outcome: Outcome) -> None:
        self.searcher.tell(index, outcome)


def ours(config: SearcherConfig, trials: int, stopwatch: Callable[[], float]) -> Row:
    """Milliseconds that each of `MEASURED` results takes after `trials` are there.

    Everything of a real sweep but Ray: the journal and the reports are on disk and synced, the
    searcher is told in this process.
    """
    problem = make_analytic("zdt1")
    sweep = config_of(problem, config, trials + MEASURED)
    searcher = make_searcher(sweep.searcher, problem_of(sweep), 0)
    with tempfile.TemporaryDirectory() as folder:
        clock = VirtualClock()
        setting = Setting(WORKERS, stopwatch=stopwatch)
        asker = VirtualAsker(Adopting(searcher, problem), clock, setting)
        ledger = Ledger(SweepDirectory(Path(folder)), sweep, asker, clock=clock)
        trace = run_simulation(ledger, asker, problem)
    return quantiles(trace.result_s[trials:])


def ray_optuna(trials: int, stopwatch: Callable[[], float]) -> Row:
    """The same of Ray's OptunaSearch with TPE for two objectives: `on_trial_complete` alone."""
    import optuna
    from ray.tune.search.optuna import OptunaSearch

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    problem = make_analytic("zdt1")
    search = OptunaSearch(
        _ray_space(problem),
        metric=["f0", "f1"],
        mode=["min", "min"],
        sampler=optuna.samplers.TPESampler(seed=0),
        points_to_evaluate=[
            uniform_point(problem.space, np.random.default_rng(n)) for n in range(trials + MEASURED)
        ],
    )
    seconds, at_work = [], []
    for number in range(trials + MEASURED):
        at_work.append((f"{number}", search.suggest(f"{number}")))
        if len(at_work) == WORKERS:
            seconds.append(_completed(search, *at_work.pop(0), problem, stopwatch))
    return quantiles(seconds[-MEASURED:])


def _completed(
    search: Any,
    uid: str,
    point: Mapping[str, float],
    problem: AnalyticProblem,
    stopwatch: Callable[[], float],
) -> float:
    result = {**problem.evaluate(point, 1, 0), "training_iteration": 1}
    began = stopwatch()
    search.on_trial_complete(uid, result)
    return stopwatch() - began


def _ray_space(problem: AnalyticProblem) -> dict[str, Any]:
    from ray import tune

    return {key: tune.uniform(p.low, math.nextafter(p.high, 2)) for key, p in problem.space.items()}


def fsyncs(number: int = 200) -> Row:
    """Milliseconds of wall time in which this disk syncs one line: part of every result above."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        from pareto_search.storage.lines import append_line

        for _ in range(number):
            began = time.perf_counter()
            append_line(Path(folder) / "lines", {"line": "x" * 400}, sync=True)
            seconds.append(time.perf_counter() - began)
    return quantiles(seconds)
