"""pymoo's algorithms in steady state by hand: one offspring an ask, one individual a tell.

pymoo knows nothing of several workers. The first `population` trials are its initial sample; who
asks for more before all of them ended gets a uniform point, which enters with them.
"""

import math

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.core.individual import Individual
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.termination.max_gen import MaximumGenerationTermination

ALGORITHMS = {"nsga2": NSGA2, "smsemoa": SMSEMOA}


class Loop:
    """Holds the algorithm, what it waits for at first, and the individuals that run.

    `task` as in `optuna_loop`, with ``kind`` nsga2 or smsemoa and ``population``.
    """

    def __init__(self, task: dict) -> None:
        self._space = task["space"]
        self._random = np.random.default_rng(task["seed"])
        problem = Problem(n_var=len(self._space), n_obj=len(task["reference"]), xl=0.0, xu=1.0)
        make = ALGORITHMS[task["kind"]]
        self._algorithm = make(pop_size=task["population"], n_offsprings=1)
        never = MaximumGenerationTermination(10**9)
        self._algorithm.setup(problem, termination=never, seed=task["seed"], verbose=False)
        self._first = list(self._algorithm.ask())
        self._waiting = {id(individual) for individual in self._first}
        self._early = []
        self._running = {}

    def ask(self, index: int) -> dict:
        if self._first:
            individual = self._first.pop(0)
        elif self._waiting:
            individual = Individual(X=self._random.random(len(self._space)))
        else:
            individual = self._algorithm.ask()[0]
        self._running[index] = individual
        values = zip(self._space.items(), individual.X, strict=True)
        return {key: value(entry, float(unit)) for (key, entry), unit in values}

    def tell(self, index: int, losses: list[float] | None) -> None:
        individual = self._running.pop(index)
        if losses is None:
            losses = [math.inf] * self._algorithm.problem.n_obj
        individual.set("F", np.asarray(losses))
        individual.evaluated = {"F", "G", "H"}
        if not self._waiting:
            self._algorithm.tell(infills=Population.create(individual))
            return
        self._early.append(individual)
        self._waiting.discard(id(individual))
        if not self._waiting:
            self._algorithm.tell(infills=Population.create(*self._early))


def value(entry: dict, unit: float) -> float | int | str:
    """The value of a parameter at `unit`, a number in [0, 1]."""
    if entry["type"] == "choice":
        return entry["values"][min(int(unit * len(entry["values"])), len(entry["values"]) - 1)]
    margin = 0.5 if entry["type"] == "int" else 0.0
    low, high = entry["low"] - margin, entry["high"] + margin
    if entry["log"]:
        low, high = math.log(low), math.log(high)
    number = low + unit * (high - low)
    number = math.exp(number) if entry["log"] else number
    number = min(max(number, entry["low"]), entry["high"])
    return round(number) if entry["type"] == "int" else number
