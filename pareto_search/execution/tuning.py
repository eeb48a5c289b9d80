"""The one place that starts Ray Tune. Import it after `runtime.prepare_environment`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.experiment import Trial

from pareto_search.execution.bridge import LedgerCallback, Silence
from pareto_search.execution.capacity import make_slots
from pareto_search.execution.stopping import JudgingScheduler, SweepStopper
from pareto_search.execution.suggesting import LedgerSearch
from pareto_search.execution.trainable import make_ray_trainable
from pareto_search.recipe.config import ResourcesConfig
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.trials.judging import Judge
from pareto_search.trials.ledger import Ledger


def run_trials(
    ledger: Ledger,
    judge: Judge,
    ahead: Prefetch,
    should_stop: Callable[[], bool],
    grow_to: int = 0,
) -> None:
    """Run every trial that `ledger` still has to run, until it has no more or `should_stop`.

    `judge` may stop a trial; as many proposals are asked for `ahead` as that says. Of a cluster
    that may grow to hold `grow_to` trials so many are asked for, or it would never see a reason.

    Each call is an attempt of its own under ``ray/``: what lasts is the ledger's journal, not
    Tune's state. Never raises for a failed trial; the ledger knows.

    Raises:
        SearcherError: the searcher has failed; running trials can be carried on.
    """
    config = ledger.config
    concurrent, slots = config.budget.concurrent, make_slots(config.resources, grow_to)
    search = LedgerSearch(
        ledger,
        slots if concurrent == "auto" else lambda: concurrent,
        ahead,
        should_stop,
        may_queue=lambda: concurrent == "auto" or concurrent >= slots(),
    )
    # or Tune would start the workers one after another; how many are due, `search` says
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(config.budget.trials)
    described = ledger.directory.facts().get("trainable", {})
    started_in, outputs = str(Path.cwd()), ledger.directory.outputs
    function = make_ray_trainable(config, started_in, outputs, described)
    tune.Tuner(
        tune.with_resources(function, _resources(config.resources)),
        tune_config=tune.TuneConfig(
            search_alg=search,
            scheduler=JudgingScheduler(judge),
            num_samples=config.budget.trials - len(ledger.records),
            reuse_actors=config.resources.reuse_actors,
            trial_name_creator=_uid,
            trial_dirname_creator=_uid,
        ),
        run_config=tune.RunConfig(
            name=_attempt(ledger.directory.path / "ray"),
            storage_path=str(ledger.directory.path / "ray"),
            callbacks=[LedgerCallback(ledger, judge), Silence()],
            stop=SweepStopper(lambda: search.error is not None or should_stop()),
            failure_config=tune.FailureConfig(max_failures=config.failures.retries),
            verbose=0,
        ),
    ).fit()
    if search.error:
        raise search.error


def _resources(config: ResourcesConfig) -> dict[str, float]:
    resources = {"cpu": config.cpu, "gpu": config.gpu, **config.custom}
    if config.memory_gib is not None:
        resources["memory"] = config.memory_gib * 2**30
    return resources


def _uid(trial: Trial) -> str:
    config: dict[str, Any] = trial.config
    return str(config["uid"])


def _attempt(folder: Path) -> str:
    """A name for this attempt that no earlier one has."""
    before = [int(place.name.rpartition("-")[2]) for place in folder.glob("attempt-*")]
    return f"attempt-{max(before, default=-1) + 1:03d}"
