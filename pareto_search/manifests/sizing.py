"""How large a worker pod is, and how many there are, from what one trial occupies.

A pod holds several trials where they are small: each pod costs a Ray node of its own. It stays
small all the same, so that it fits anywhere and little is lost with it.
"""

import math
from dataclasses import dataclass

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.budget import BudgetConfig
from pareto_search.recipe.config import ResourcesConfig

CORES = 4
"""Cores of a pod without a GPU, about: as many trials as fill them share it."""

MEMORY_GIB = 4.0
"""Main memory of a trial whose recipe does not say."""

OVERHEAD_GIB = 2.0
"""What Ray's own processes and its object store need in each pod, beside the trials."""

MOST_PODS = 16
"""Pods at most where neither the recipe nor an option says how many."""

_EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class PodSize:
    """A worker pod: the trials it holds, and the whole cores, GiB and GPUs for them."""

    trials: int
    cpu: int
    memory_gib: int
    gpu: int


SHARE = 10
"""Of a budget one in so many trials runs at a time, where `budget.concurrent` is auto.

A searcher learns from trials that have ended. With 8 of 100 at a time it found as much as with 4,
with 32 less (`experiments/benchmarks/search_quality.md`).
"""
FEWEST = 4
"""Of a small budget."""


def trials_at_once(budget: BudgetConfig) -> int:
    """The most trials of the sweep that the cluster is to hold at a time.

    >>> trials_at_once(BudgetConfig(trials=120)), trials_at_once(BudgetConfig(trials=2))
    (12, 2)
    """
    if budget.concurrent != "auto":
        return min(budget.concurrent, budget.trials)
    return min(max(math.ceil(budget.trials / SHARE), FEWEST), budget.trials)


def pod_size(resources: ResourcesConfig, at_once: int, trials_per_pod: int | None) -> PodSize:
    """The pod for `trials_per_pod` trials, or for a sensible number of the `at_once` there are.

    Never for more than `at_once`. Cores are whole, as KubeRay tells Ray whole ones; where that
    leaves room, more trials are in. So the memory is for all that Ray starts in it (`room`), or
    for all there are.

    Raises:
        RecipeError: a trial asks for one GPU and a part of another, which Ray refuses.

    >>> pod_size(ResourcesConfig(cpu=2, gpu=0.5), at_once=8, trials_per_pod=None)
    PodSize(trials=2, cpu=4, memory_gib=10, gpu=1)
    """
    _check_gpus(resources.gpu)
    trials = min(trials_per_pod or _sensible(resources), at_once)
    gpu = math.ceil(trials / _per_gpu(resources.gpu)) if 0 < resources.gpu < 1 else 0
    gpu = gpu or math.ceil(trials * resources.gpu)
    cpu = max(math.ceil(trials * resources.cpu - _EXACT), 1)
    if resources.memory_gib is None:
        trials = min(room(resources, PodSize(trials, cpu, 0, gpu)), at_once)
    memory = trials * (resources.memory_gib or MEMORY_GIB) + OVERHEAD_GIB
    return PodSize(trials, cpu, math.ceil(memory), gpu)


def room(resources: ResourcesConfig, size: PodSize) -> int:
    """Trials that Ray would start in a pod of that size, by the whole cores and GPUs it has.

    >>> room(ResourcesConfig(cpu=0.25), PodSize(trials=2, cpu=1, memory_gib=10, gpu=0))
    4
    """
    if resources.memory_gib is not None:  # of which Ray is told no more than for those
        return size.trials
    by_cores = math.floor(size.cpu / resources.cpu + _EXACT)
    if not resources.gpu:
        return by_cores
    by_gpus = size.gpu * _per_gpu(resources.gpu) if resources.gpu < 1 else size.gpu / resources.gpu
    return min(by_cores, math.floor(by_gpus + _EXACT))


def pod_count(at_once: int, size: PodSize) -> int:
    """Pods that hold `at_once` trials, up to `MOST_PODS`."""
    return min(math.ceil(at_once / size.trials), MOST_PODS)


def _sensible(resources: ResourcesConfig) -> int:
    if resources.gpu:
        return _per_gpu(resources.gpu)
    return max(math.floor(CORES / resources.cpu + _EXACT), 1)


def _per_gpu(gpu: float) -> int:
    """Trials on one GPU; 1 where a trial has several."""
    return max(math.floor(1 / gpu + _EXACT), 1)


def _check_gpus(gpu: float) -> None:
    if gpu > 1 and gpu != int(gpu):
        raise RecipeError(
            [
                Problem(
                    key="resources.gpu",
                    rule="should be a part of one GPU, or a whole number of them.",
                    found=f"Found `gpu = {gpu:g}`.",
                    hint=f"Ask for {math.ceil(gpu)}.",
                )
            ]
        )
