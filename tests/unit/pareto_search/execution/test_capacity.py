import pytest

from pareto_search.errors import RecipeError
from pareto_search.execution import capacity
from pareto_search.recipe.config import ResourcesConfig

SMALL = {"CPU": 4.0, "memory": 8.0 * 2**30}
LARGE = {"CPU": 16.0, "GPU": 1.0, "memory": 2.0 * 2**30}


@pytest.fixture
def check(monkeypatch):
    """Checks a request against these nodes."""

    def check(request, *nodes, dead=()):
        known = [{"Alive": True, "Resources": node} for node in nodes]
        known += [{"Alive": False, "Resources": node} for node in dead]
        monkeypatch.setattr(capacity.ray, "nodes", lambda: known)
        capacity.check_capacity(ResourcesConfig(**request))

    return check


@pytest.mark.parametrize(
    "request_",
    [{}, {"cpu": 16}, {"gpu": 0.5}, {"gpu": 1, "cpu": 16, "memory_gib": 2}, {"memory_gib": 8}],
)
def test_a_trial_that_one_node_can_hold_is_admitted(check, request_):
    assert check(request_, SMALL, LARGE) is None


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({"cpu": 17}, "17 cores"),
        ({"gpu": 1.5}, "1.5 GPUs"),
        ({"memory_gib": 8.5}, "8.5 GiB"),
        ({"gpu": 1, "memory_gib": 4}, "4 GiB"),  # each is there, but on no node both are
    ],
)
def test_a_trial_that_no_node_can_hold_is_refused_with_what_is_asked_and_what_is_there(
    check, request_, found
):
    with pytest.raises(RecipeError) as refused:
        check(request_, SMALL, LARGE)
    (problem,) = refused.value.problems
    assert found in problem.found
    assert "4 cores, 0 GPUs, 8.0 GiB" in problem.found
    assert "16 cores, 1 GPUs, 2.0 GiB" in problem.found
    assert problem.key == "resources"
    assert refused.value.exit_code == 2


def test_a_node_that_is_gone_holds_nothing(check):
    with pytest.raises(RecipeError):
        check({"gpu": 1}, SMALL, dead=[LARGE])


@pytest.mark.parametrize(
    ("request_", "slots"),
    [
        ({}, 20),  # 4 on the one and 16 on the other
        ({"cpu": 3}, 6),
        ({"cpu": 0.1}, 200),
        ({"gpu": 0.5}, 2),
        ({"cpu": 1, "memory_gib": 1.5}, 5),
        ({"cpu": 17}, 0),
    ],
)
def test_as_many_trials_fit_as_each_node_holds_by_itself(monkeypatch, request_, slots):
    nodes = [{"Alive": True, "Resources": node} for node in (SMALL, LARGE)]
    nodes.append({"Alive": False, "Resources": LARGE})
    monkeypatch.setattr(capacity.ray, "nodes", lambda: nodes)
    assert capacity.make_slots(ResourcesConfig(**request_))() == slots


def test_a_cluster_that_may_grow_counts_as_grown_and_admits_what_no_node_holds_yet(monkeypatch):
    monkeypatch.setattr(capacity.ray, "nodes", lambda: [{"Alive": True, "Resources": SMALL}])
    request = ResourcesConfig(gpu=1)
    with pytest.raises(RecipeError, match="--grow-to"):
        capacity.check_capacity(request)
    assert capacity.check_capacity(request, grow_to=3) is None
    assert capacity.make_slots(request, at_least=3)() == 3
    assert capacity.make_slots(ResourcesConfig(), at_least=3)() == 4


def test_a_node_that_joins_counts_when_it_is_looked_for_again(monkeypatch):
    nodes = [{"Alive": True, "Resources": SMALL}]
    monkeypatch.setattr(capacity.ray, "nodes", lambda: nodes)
    seldom = capacity.make_slots(ResourcesConfig())
    always = capacity.make_slots(ResourcesConfig(), interval_s=-1.0)
    assert (seldom(), always()) == (4, 4)
    nodes.append({"Alive": True, "Resources": LARGE})
    assert (seldom(), always()) == (4, 20)
