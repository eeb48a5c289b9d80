"""The problems, each with the hypervolume of its true front."""

from collections.abc import Mapping
from functools import cache

from pareto_search.simulation.problems import true_fronts
from pareto_search.simulation.problems.analytic import AnalyticProblem, make_analytic

DIMENSION = 10
PROBLEMS: Mapping[str, tuple[str, int]] = {
    "zdt1": ("zdt1", 2),
    "zdt2": ("zdt2", 2),
    "zdt3": ("zdt3", 2),
    "dtlz2": ("dtlz2", 2),
    "dtlz2-3": ("dtlz2", 3),
    "dtlz7": ("dtlz7", 2),
    "wfg4": ("wfg4", 2),
    "wfg9": ("wfg9", 2),
}
"""Name of each, its family's name and number of objectives; all of `DIMENSION` parameters."""


def make_problem(name: str) -> AnalyticProblem:
    """The problem of that name, of trials of about a minute."""
    family, num_objectives = PROBLEMS[name]
    return make_analytic(family, DIMENSION, num_objectives)


@cache
def true_hypervolume(name: str) -> float:
    """That of the true front up to the problem's reference point."""
    return true_fronts.true_hypervolume(make_problem(name))
