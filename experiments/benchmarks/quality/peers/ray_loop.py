"""Ray Tune's OptunaSearch as it is shipped, called as Tune's controller calls it."""

import logging

import optuna
from ray import tune
from ray.tune.search.optuna import OptunaSearch

optuna.logging.set_verbosity(optuna.logging.ERROR)
logging.getLogger("ray").setLevel(logging.ERROR)


class Loop:
    """Holds the searcher. `task` as in `optuna_loop`; its ``kind`` is not looked at."""

    def __init__(self, task: dict) -> None:
        self._names = [f"f{n}" for n in range(len(task["reference"]))]
        self._search = OptunaSearch(seed=task["seed"])
        space = {key: domain(entry) for key, entry in task["space"].items()}
        self._search.set_search_properties(self._names, ["min"] * len(self._names), space)

    def ask(self, index: int) -> dict:
        return self._search.suggest(str(index))

    def tell(self, index: int, losses: list[float] | None) -> None:
        if losses is None:
            self._search.on_trial_complete(str(index), error=True)
            return
        result = {**dict(zip(self._names, losses, strict=True)), "training_iteration": 1}
        self._search.on_trial_result(str(index), result)
        self._search.on_trial_complete(str(index), result)


def domain(entry: dict) -> tune.search.sample.Domain:
    if entry["type"] == "choice":
        return tune.choice(entry["values"])
    if entry["type"] == "int":
        above = entry["high"] + 1  # Ray's end is not included
        return (tune.lograndint if entry["log"] else tune.randint)(entry["low"], above)
    return (tune.loguniform if entry["log"] else tune.uniform)(entry["low"], entry["high"])
