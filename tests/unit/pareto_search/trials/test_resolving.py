"""A dotted path leads to a function, or to one clear message."""

import sys
from pathlib import Path

import pytest

from pareto_search.errors import Problem, RecipeError
from pareto_search.trials.resolving import resolve_trainable


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def refusal(dotted: str) -> Problem:
    with pytest.raises(RecipeError) as caught:
        resolve_trainable(dotted)
    (problem,) = caught.value.problems
    assert problem.key == "trainable"
    return problem


def test_function_of_a_module_in_the_working_directory_is_found(working_directory):
    (working_directory / "mine_alone.py").write_text("class A:\n  train = staticmethod(abs)\n")
    assert resolve_trainable("mine_alone:A.train")(-3) == 3


def test_unknown_module_names_the_nearest():
    problem = refusal("pareto_serach:train")
    assert problem.found == "Found no module `pareto_serach`."
    assert problem.hint == "Did you mean `pareto_search`?"


def test_unknown_submodule_names_the_nearest_beside_it():
    assert refusal("json.decodr:x").hint == "Did you mean `json.decoder`?"
    assert refusal("math.more:x").found == "Found no module `math.more`."


def test_unknown_attribute_names_the_nearest():
    problem = refusal("json:dmups")
    assert problem.rule == "`json` should have `dmups`."
    assert problem.hint == "Did you mean `dumps`?"


def test_what_cannot_be_called_is_refused():
    assert refusal("math:pi").rule == "A trainable should be a function."


def test_a_missing_dependency_of_the_module_is_named_as_such(working_directory):
    (working_directory / "needs_more.py").write_text("import surely_not_there\n")
    problem = refusal("needs_more:train")
    assert problem.found == "Found no `surely_not_there`."


def test_whatever_the_module_raises_is_told(working_directory):
    (working_directory / "broken_module.py").write_text("1 / 0\n")
    assert refusal("broken_module:train").found == "Found ZeroDivisionError: division by zero"
    (working_directory / "no_python.py").write_text("def (:\n")
    assert refusal("no_python:train").found.startswith("Found SyntaxError")
