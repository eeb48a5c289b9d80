"""The problems, each with the hypervolume of its true front where that is known."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pareto_search.simulation.problem import SimulatedProblem
from pareto_search.simulation.problems import true_fronts
from pareto_search.simulation.problems.analytic import AnalyticProblem, make_analytic

DIMENSION = 10
ANALYTIC: Mapping[str, tuple[str, int]] = {
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
LCBENCH = tuple(
    f"lcbench-{task}-{pair}" for task in (167152, 167185) for pair in ("accuracy", "time")
)
"""A surrogate of whole trainings of 52 epochs, on two tables of data, with two pairs of
objectives; by `--lcbench`."""
PROBLEMS = (*ANALYTIC, *LCBENCH)


def make_problem(name: str, lcbench: Path | None = None) -> SimulatedProblem:
    """The problem of that name; analytic trials take about a minute."""
    if name in ANALYTIC:
        return _analytic(name)
    from pareto_search.simulation.problems.lcbench import make_lcbench  # with onnxruntime in it

    if lcbench is None:
        raise ValueError(f"`{name}` should have the folder of the surrogate. Found none.")
    _, task, pair = name.split("-")
    return make_lcbench(lcbench, task, "time" if pair == "time" else "accuracy")


@cache
def true_hypervolume(name: str) -> float | None:
    """That of the true front up to the problem's reference point; None for LCBench."""
    return true_fronts.true_hypervolume(_analytic(name)) if name in ANALYTIC else None


def _analytic(name: str) -> AnalyticProblem:
    family, num_objectives = ANALYTIC[name]
    return make_analytic(family, DIMENSION, num_objectives)
