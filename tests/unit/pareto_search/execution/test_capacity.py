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
