"""Syne Tune's multi-objective searchers behind its scheduler of whole trials, as shipped.

``morea`` is its regularised evolution with a nondominated priority, the one of its multi-objective
searchers that works asynchronously. ``ehvi`` is its expected hypervolume improvement: it pairs
configurations in the order of their proposal with results in the order of their completion, and
its reference point is 2 for the negated losses, whatever they are.
"""

import datetime
import logging

import numpy as np
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
from syne_tune.optimizer.baselines import EHVI, SingleFidelityScheduler
from syne_tune.optimizer.schedulers.multiobjective import MultiObjectiveRegularizedEvolution

logging.getLogger().setLevel(logging.ERROR)


class Loop:
    """Holds the scheduler and the trials that run.

    `task` as in `optuna_loop`, with ``kind`` morea or ehvi and, for morea, ``population``.
    """

    def __init__(self, task: dict) -> None:
        np.random.seed(task["seed"])  # noqa: NPY002  Syne Tune's spaces draw from it
        space = {key: domain(entry) for key, entry in task["space"].items()}
        self._names = [f"f{n}" for n in range(len(task["reference"]))]
        seed = task["seed"] + 1  # it takes 0 for no seed
        if task["kind"] == "ehvi":
            self._scheduler = EHVI(space, metrics=self._names, random_seed=seed)
        else:
            searcher = MultiObjectiveRegularizedEvolution(
                space, population_size=task["population"], random_seed=seed
            )
            self._scheduler = SingleFidelityScheduler(
                space, metrics=self._names, searcher=searcher, random_seed=seed
            )
        self._running = {}

    def ask(self, index: int) -> dict:
        point = self._scheduler.suggest().config
        self._running[index] = Trial(index, point, datetime.datetime.now(datetime.UTC))
        return point

    def tell(self, index: int, losses: list[float] | None) -> None:
        trial = self._running.pop(index)
        if losses is None:
            self._scheduler.on_trial_error(trial)
            return
        result = dict(zip(self._names, losses, strict=True))
        self._scheduler.on_trial_result(trial, result)
        self._scheduler.on_trial_complete(trial, result)


def domain(entry: dict) -> object:
    if entry["type"] == "choice":
        return choice(entry["values"])
    if entry["type"] == "int":
        return (lograndint if entry["log"] else randint)(entry["low"], entry["high"])
    return (loguniform if entry["log"] else uniform)(entry["low"], entry["high"])
