"""Ax with its own choice of method (Sobol, then Bayesian optimisation) and our reference point."""

import logging

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig


class Loop:
    """Holds a client and Ax's own index of each trial that runs. `task` as in `optuna_loop`."""

    def __init__(self, task: dict) -> None:
        names = [f"f{n}" for n in range(len(task["reference"]))]
        self._names = names
        self._client = Client(random_seed=task["seed"])
        _quiet()
        parameters = [parameter(key, entry) for key, entry in task["space"].items()]
        self._client.configure_experiment(parameters=parameters)
        self._client.configure_optimization(
            objective=", ".join(f"-{name}" for name in names),
            outcome_constraints=[
                f"{name} <= {value}" for name, value in zip(names, task["reference"], strict=True)
            ],
        )
        self._running = {}

    def ask(self, index: int) -> dict:
        ((own, point),) = self._client.get_next_trials(max_trials=1).items()
        self._running[index] = own
        return dict(point)

    def tell(self, index: int, losses: list[float] | None) -> None:
        own = self._running.pop(index)
        if losses is None:
            self._client.mark_trial_failed(own)
        else:
            self._client.complete_trial(own, raw_data=dict(zip(self._names, losses, strict=True)))


def parameter(key: str, entry: dict) -> RangeParameterConfig | ChoiceParameterConfig:
    if entry["type"] == "choice":
        return ChoiceParameterConfig(name=key, parameter_type="str", values=entry["values"])
    return RangeParameterConfig(
        name=key,
        parameter_type=entry["type"],
        bounds=(entry["low"], entry["high"]),
        scaling="log" if entry["log"] else "linear",
    )


def _quiet() -> None:
    for name in logging.root.manager.loggerDict:
        if name.startswith("ax"):
            logging.getLogger(name).setLevel(logging.ERROR)
