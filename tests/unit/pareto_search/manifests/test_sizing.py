import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pareto_search.errors import RecipeError
from pareto_search.manifests.sizing import (
    MOST_PODS,
    PodSize,
    pod_count,
    pod_size,
    room,
    trials_at_once,
)
from pareto_search.recipe.budget import BudgetConfig
from pareto_search.recipe.config import ResourcesConfig


@pytest.mark.parametrize(
    ("resources", "at_once", "expected"),
    [
        ({"cpu": 1}, 60, PodSize(4, 4, 18, 0)),
        ({"cpu": 1}, 2, PodSize(2, 2, 10, 0)),  # no larger than the trials there are
        ({"cpu": 0.5}, 60, PodSize(8, 4, 34, 0)),
        ({"cpu": 0.3}, 1, PodSize(1, 1, 6, 0)),
        ({"cpu": 0.1}, 4, PodSize(4, 1, 18, 0)),
        ({"cpu": 0.001}, 4, PodSize(4, 1, 18, 0)),
        ({"cpu": 0.9}, 60, PodSize(4, 4, 18, 0)),
        ({"cpu": 0.1, "gpu": 0.1}, 4, PodSize(4, 1, 18, 1)),
        ({"cpu": 16, "memory_gib": 64}, 60, PodSize(1, 16, 66, 0)),
        ({"cpu": 2, "gpu": 0.5}, 60, PodSize(2, 4, 10, 1)),
        ({"cpu": 2, "gpu": 0.4}, 60, PodSize(2, 4, 10, 1)),
        ({"cpu": 8, "gpu": 1}, 60, PodSize(1, 8, 6, 1)),
        ({"cpu": 8, "gpu": 4, "memory_gib": 100}, 60, PodSize(1, 8, 102, 4)),
    ],
)
def test_a_pod_holds_as_many_trials_as_suit_it(resources, at_once, expected):
    assert pod_size(ResourcesConfig(**resources), at_once, None) == expected


def test_more_trials_in_a_pod_take_more_gpus():
    assert pod_size(ResourcesConfig(cpu=1, gpu=0.5), 60, 5) == PodSize(5, 5, 22, 3)
    assert pod_size(ResourcesConfig(cpu=1, gpu=2), 60, 3) == PodSize(3, 3, 14, 6)


@given(
    cpu=st.floats(1e-12, 64),
    gpu=st.one_of(st.just(0.0), st.floats(0.05, 1), st.integers(1, 8).map(float)),
    memory=st.one_of(st.none(), st.floats(0.5, 256)),
    asked=st.one_of(st.none(), st.integers(1, 16)),
    at_once=st.integers(1, 500),
)
def test_the_trials_of_a_pod_fit_into_it_as_ray_counts(cpu, gpu, memory, asked, at_once):
    resources = ResourcesConfig(cpu=cpu, gpu=gpu, memory_gib=memory)
    size = pod_size(resources, at_once, asked)
    assert size.trials * cpu <= size.cpu + 1e-6
    assert size.trials * (memory or 0) <= size.memory_gib
    if 0 < gpu < 1:  # no trial lies across two GPUs
        assert size.trials <= size.gpu * math.floor(1 / gpu + 1e-9)
    else:
        assert size.trials * gpu <= size.gpu
    assert min(asked or 1, at_once) <= size.trials <= at_once
    # Ray starts as many as are in it, or there are no more
    assert room(resources, size) == size.trials or size.trials == at_once


def test_a_whole_core_has_memory_for_all_trials_that_it_lets_in():
    assert pod_size(ResourcesConfig(cpu=0.3), 60, 1) == PodSize(3, 1, 14, 0)
    assert pod_size(ResourcesConfig(cpu=0.1, gpu=0.25), 60, 1) == PodSize(4, 1, 18, 1)


def test_no_more_trials_are_in_a_pod_than_there_are_at_once():
    assert pod_size(ResourcesConfig(), 6, 1000) == PodSize(6, 6, 26, 0)


@given(st.integers(1, 10_000), st.integers(1, 16))
def test_the_pods_hold_all_trials_at_once_or_are_as_many_as_may_be(at_once, trials):
    pods = pod_count(at_once, PodSize(trials, 4, 8, 0))
    assert pods * trials >= at_once or pods == MOST_PODS
    assert (pods - 1) * trials < at_once


@given(st.floats(1, 8))
def test_more_than_one_gpu_and_a_part_is_refused(gpu):
    assume(gpu != int(gpu))
    with pytest.raises(RecipeError, match=r"a part of one GPU, or a whole number.*Ask for"):
        pod_size(ResourcesConfig(gpu=gpu), 1, None)


def test_as_many_trials_run_at_once_as_the_budget_lets():
    assert trials_at_once(BudgetConfig(trials=60)) == 6
    assert trials_at_once(BudgetConfig(trials=16)) == 4
    assert trials_at_once(BudgetConfig(trials=3)) == 3
    assert trials_at_once(BudgetConfig(trials=60, concurrent=8)) == 8
    assert trials_at_once(BudgetConfig(trials=6, concurrent=8)) == 6
