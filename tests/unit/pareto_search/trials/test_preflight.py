"""What is wrong with a trainable or its parameters is found before a trial starts."""

import sys
import uuid
from pathlib import Path

import pytest

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.space import Choice, Float, Int, contains
from pareto_search.trials.fixed import fixed_by
from pareto_search.trials.preflight import check_sweep, probing_points, resolve_trainable


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a module into the working directory and gives back its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(code: str) -> str:
        name = f"user_{uuid.uuid4().hex}"
        (tmp_path / f"{name}.py").write_text(code)
        return name

    return write


def make_config(trainable: str, **sections) -> SweepConfig:
    recipe = {
        "name": "demo",
        "trainable": trainable,
        "objectives": [{"name": "f1", "reference": 1}, {"name": "f2", "reference": 1}],
        "space": {
            "loss.kind": {"type": "choice", "values": ["plain", "pareto"]},
            "loss.tau": {"type": "float", "low": 1, "high": 9, "when": {"loss.kind": "pareto"}},
        },
        "budget": {"trials": 1},
    }
    return SweepConfig.model_validate({**recipe, **sections})


def refusals(config: SweepConfig) -> tuple[Problem, ...]:
    with pytest.raises(RecipeError) as caught:
        check_sweep(config)
    return caught.value.problems


CHECKED = """
def train(params, report, checkpoint): ...
def check(params):
    known = {"seed", "loss", "data"}
    found = [f"Unknown key `{key}`." for key in params if key not in known]
    tau = params["loss"].get("tau", 1)
    return [*found, *([f"`tau` should be below 5."] if tau >= 5 else [])]
train.check = check
train.describe = lambda params: {"seed": params["seed"], "kind": params["loss"]["kind"]}
"""


def test_a_trainable_without_hooks_passes_and_describes_nothing(module):
    name = module("def train(params, report, checkpoint): ...")
    assert check_sweep(make_config(f"{name}:train")) == {}


def test_description_is_given_back(module):
    space = {"loss.kind": {"type": "choice", "values": ["plain", "pareto"]}}
    config = make_config(f"{module(CHECKED)}:train", space=space, seeds={"sweep": 4})
    assert check_sweep(config) == {"seed": 4, "kind": "plain"}


def test_a_search_key_the_trainable_does_not_know_is_found_once(module):
    space = {"los.tau": {"type": "float", "low": 0, "high": 1}}
    config = make_config(f"{module(CHECKED)}:train", space=space, params={"loss": {"tau": 1}})
    (problem,) = refusals(config)
    assert problem.rule == "Unknown key `los`."
    assert problem.hint == ""


def test_a_range_the_trainable_does_not_admit_is_found_at_its_end(module):
    (problem,) = refusals(make_config(f"{module(CHECKED)}:train"))
    assert problem.rule == "`tau` should be below 5."
    assert problem.hint == 'Seen at {"loss.kind": "pareto", "loss.tau": 9.0}.'


def test_baselines_are_checked_too(module):
    space = {"loss.kind": {"type": "choice", "values": ["plain"]}}
    baselines = [{"loss.kind": "plain", "zzz.a": 1}]
    config = make_config(f"{module(CHECKED)}:train", space=space, baselines=baselines)
    (problem,) = refusals(config)
    assert problem.rule == "Unknown key `zzz`."


def test_a_check_that_raises_has_found_a_problem(module):
    name = module(
        "def train(*a): ...\ndef check(p): raise ValueError('no scans')\ntrain.check=check"
    )
    (problem,) = refusals(make_config(f"{name}:train"))
    assert problem.rule == "ValueError: no scans"


def test_a_check_that_returns_nothing_has_found_nothing(module):
    name = module("def train(*a): ...\ntrain.check = lambda params: None")
    assert check_sweep(make_config(f"{name}:train")) == {}


def test_a_description_that_raises_is_a_problem_of_the_recipe(module):
    name = module("def train(*a): ...\ntrain.describe = lambda params: params['nowhere']")
    (problem,) = refusals(make_config(f"{name}:train"))
    assert problem.found == "Found KeyError: 'nowhere'"


FIXED = """
def train(params, report, checkpoint): ...
train.fixed = ("data", "judge.band")
"""


@pytest.mark.parametrize("key", ["data.seed", "data.a.b", "data", "judge.band", "judge"])
@pytest.mark.parametrize("place", ["space", "baselines.0"])
def test_what_the_trainable_fixes_is_not_varied(module, key, place):
    choice = {"type": "choice", "values": [0, 1]}
    space, baselines = {"x": choice}, [{"x": 1}]
    if place == "space":
        space |= {key: choice}
        baselines = []
    else:
        baselines[0] |= {key: 1}
    config = make_config(f"{module(FIXED)}:train", space=space, baselines=baselines)
    (problem,) = refusals(config)
    assert problem.key == f"{place}.{key}"
    assert f"`params.{key}`" in problem.hint


def test_what_the_trainable_fixes_may_be_said_and_its_neighbours_varied(module):
    choice = {"type": "choice", "values": [0, 1]}
    space = {"database": choice, "judge.bandwidth": choice, "judge.other": choice}
    config = make_config(f"{module(FIXED)}:train", space=space, params={"data": {"seed": 1}})
    assert check_sweep(config) == {}
    assert fixed_by(resolve_trainable(config.trainable)) == ("data", "judge.band")
    assert fixed_by(check_sweep) == ()


@pytest.mark.parametrize("fixed", ["'data'", "3", "(1,)"])
def test_prefixes_of_another_kind_are_refused(module, fixed):
    name = module(f"def train(*a): ...\ntrain.fixed = {fixed}")
    (problem,) = refusals(make_config(f"{name}:train"))
    assert "should be a tuple of dotted prefixes" in problem.rule


SPACE = {
    "kind": Choice(type="choice", values=("a", "b", "c")),
    "depth": Int(type="int", low=1, high=9, when={"kind": ["b", "c"]}),
    "rate": Float(type="float", low=0.5, high=2, when={"depth": 5}),
    "free": Float(type="float", low=0, high=1),
}


def test_probing_points_are_of_the_space_and_distinct():
    points = probing_points(SPACE)
    assert all(contains(SPACE, point) for point in points)
    assert all(points.count(point) == 1 for point in points)


@pytest.mark.parametrize(
    ("key", "values"),
    [("kind", {"a", "b", "c"}), ("depth", {1, 5, 9}), ("rate", {0.5, 2}), ("free", {0, 1})],
)
def test_probing_points_hold_every_choice_and_both_ends_however_deep(key, values):
    assert {point[key] for point in probing_points(SPACE) if key in point} == values


def test_low_corner_comes_first():
    assert probing_points(SPACE)[0] == {"kind": "a", "free": 0}


def test_points_against_a_constraint_on_the_space_are_not_checked(module):
    """`tau` may be 9 by its range, and is wrong from 5 on, but no proposal is above 4."""
    config = make_config(f"{module(CHECKED)}:train", constraints=["loss.tau <= 4"])
    assert check_sweep(config) == {"seed": 0, "kind": "plain"}


def test_constraints_that_leave_nothing_of_the_space_are_refused(module):
    space = {"x": {"type": "float", "low": 0, "high": 1}}
    code = "def train(params, report, checkpoint): ..."
    config = make_config(f"{module(code)}:train", space=space, constraints=["x >= 2"])
    (problem,) = refusals(config)
    assert (problem.key, problem.rule) == (
        "constraints",
        "Constraints on the space should leave some of it.",
    )
