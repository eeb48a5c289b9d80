"""Optuna's samplers in their own loop of ask and tell, with their defaults."""

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Loop:
    """Holds a study and the trials that run.

    `task`: ``kind`` (tpe, tpe-multivariate, nsga2, gp, random), ``space`` (each parameter as in a
    recipe), ``reference`` (one number an objective), ``seed``.
    """

    def __init__(self, task: dict) -> None:
        self._space = {key: distribution(entry) for key, entry in task["space"].items()}
        directions = ["minimize"] * len(task["reference"])
        self._study = optuna.create_study(directions=directions, sampler=sampler(task))
        self._running = {}

    def ask(self, index: int) -> dict:
        self._running[index] = self._study.ask(self._space)
        return self._running[index].params

    def tell(self, index: int, losses: list[float] | None) -> None:
        trial = self._running.pop(index)
        if losses is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, losses)


def sampler(task: dict) -> optuna.samplers.BaseSampler:
    samplers, seed = optuna.samplers, task["seed"]
    if task["kind"] == "tpe":
        return samplers.TPESampler(seed=seed)
    if task["kind"] == "tpe-multivariate":
        return samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
    if task["kind"] == "nsga2":
        return samplers.NSGAIISampler(seed=seed)
    if task["kind"] == "gp":
        return samplers.GPSampler(seed=seed)
    return samplers.RandomSampler(seed=seed)


def distribution(entry: dict) -> optuna.distributions.BaseDistribution:
    if entry["type"] == "choice":
        return CategoricalDistribution(entry["values"])
    kind = IntDistribution if entry["type"] == "int" else FloatDistribution
    return kind(entry["low"], entry["high"], log=entry["log"])
