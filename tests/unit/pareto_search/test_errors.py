"""Errors carry all their problems, each as rule, finding and way out, and an exit code."""

import pytest

from pareto_search.errors import (
    ParetoSearchError,
    Problem,
    RecipeError,
    SweepFailedError,
    SweepNotFoundError,
    UnreachableError,
)


def test_problem_reads_place_key_rule_finding_hint():
    problem = Problem("`a` should be 1.", "Found `a = 2`.", "s.a", "Say 1.", "f.yaml:1:2")
    assert str(problem) == "f.yaml:1:2: s.a: `a` should be 1. Found `a = 2`. Say 1."


def test_unknown_parts_of_a_problem_leave_no_trace():
    assert str(Problem("`a` should be 1.", "Found `a = 2`.")) == "`a` should be 1. Found `a = 2`."


def test_recipe_error_holds_every_problem_one_a_line():
    problems = [Problem("One.", ""), Problem("Two.", "")]
    error = RecipeError(problems)
    assert error.problems == tuple(problems)
    assert str(error) == "One.\nTwo."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RecipeError, 2),
        (SweepFailedError, 1),
        (UnreachableError, 4),
        (SweepNotFoundError, 5),
    ],
)
def test_exit_codes_are_those_the_command_line_promises(error, code):
    assert issubclass(error, ParetoSearchError)
    assert error.exit_code == code
