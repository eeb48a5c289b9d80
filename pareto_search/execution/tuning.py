"""The one place that starts Ray Tune. Import it after `runtime.prepare_environment`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune.experiment import Trial

from pareto_search.errors import Problem, RecipeError
from pareto_search.execution.bridge import LedgerCallback, LedgerSearch, SweepStopper
from pareto_search.execution.trainable import make_ray_trainable
from pareto_search.recipe.config import ResourcesConfig
from pareto_search.trials.ledger import Ledger


def run_trials(ledger: Ledger, should_stop: Callable[[], bool]) -> None:
    """Run every trial that `ledger` still has to run, until it has no more or `should_stop`.

    Each call is an attempt of its own under ``ray/``: what lasts is the ledger's journal, not
    Tune's state. Never raises for a failed trial; the ledger knows.

    Raises:
        RecipeError: no node has the resources of one trial, so none would ever start.
    """
    config = ledger.config
    _check_resources(config.resources)
    concurrent = config.budget.concurrent
    search = LedgerSearch(ledger, None if concurrent == "auto" else int(concurrent))
    function = make_ray_trainable(config, [str(Path.cwd())])
    tune.Tuner(
        tune.with_resources(function, _resources(config.resources)),
        tune_config=tune.TuneConfig(
            search_alg=search,
            num_samples=config.budget.trials - len(ledger.records),
            reuse_actors=config.resources.reuse_actors,
            trial_name_creator=_uid,
            trial_dirname_creator=_uid,
        ),
        run_config=tune.RunConfig(
            name=_attempt(ledger.directory.path / "ray"),
            storage_path=str(ledger.directory.path / "ray"),
            callbacks=[LedgerCallback(ledger)],
            stop=SweepStopper(should_stop),
            failure_config=tune.FailureConfig(max_failures=config.failures.retries),
            log_to_file=("stdout.txt", "stderr.txt"),
            verbose=0,
        ),
    ).fit()


def _check_resources(config: ResourcesConfig) -> None:
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    asked = {"CPU": config.cpu, "GPU": config.gpu, "memory": (config.memory_gib or 0) * 2**30}
    if any(all(node.get(key, 0) >= n for key, n in asked.items()) for node in nodes):
        return
    there = "; ".join(
        f"{node.get('CPU', 0):g} cores, {node.get('GPU', 0):g} GPUs, "
        f"{node.get('memory', 0) / 2**30:.1f} GiB"
        for node in nodes
    )
    raise RecipeError(
        [
            Problem(
                key="resources",
                rule="One trial should fit on one node.",
                found=f"Asked are {config.cpu:g} cores, {config.gpu:g} GPUs and "
                f"{config.memory_gib or 0:g} GiB; the nodes have {there}.",
                hint="Lower resources.cpu, resources.gpu or resources.memory_gib.",
            )
        ]
    )


def _resources(config: ResourcesConfig) -> dict[str, float]:
    resources = {"cpu": config.cpu, "gpu": config.gpu}
    if config.memory_gib is not None:
        resources["memory"] = config.memory_gib * 2**30
    return resources


def _uid(trial: Trial) -> str:
    config: dict[str, Any] = trial.config
    return str(config["uid"])


def _attempt(folder: Path) -> str:
    """A name for this attempt that no earlier one has."""
    number = len(list(folder.glob("attempt-*"))) if folder.exists() else 0
    return f"attempt-{number:03d}"
