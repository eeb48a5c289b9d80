"""The problems, each with the hypervolume of its true front."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from pareto_search.fronts.front import is_on_front
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.objective import reference_losses
from pareto_search.simulation.problems.analytic import AnalyticProblem, make_analytic

Values = npt.NDArray[np.float64]
Curve = Callable[[Values], tuple[Values, Values]]

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

CURVES: Mapping[str, Curve] = {
    "zdt1": lambda t: (t, 1 - np.sqrt(t)),
    "zdt2": lambda t: (t, 1 - t**2),
    "zdt3": lambda t: (t, 1 - np.sqrt(t) - t * np.sin(10 * np.pi * t)),
    "dtlz2": lambda t: (np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)),
    "dtlz7": lambda t: (t, 4 - t * (1 + np.sin(3 * np.pi * t))),
    "wfg4": lambda t: (2 * np.cos(np.pi / 2 * t), 4 * np.sin(np.pi / 2 * t)),
    "wfg9": lambda t: (2 * np.cos(np.pi / 2 * t), 4 * np.sin(np.pi / 2 * t)),
}
"""The front of two objectives over t in [0, 1]; what is dominated of a curve is not on it."""
CURVE_POINTS = 100_000


def make_problem(name: str) -> AnalyticProblem:
    """The problem of that name, of trials of about a minute."""
    family, num_objectives = PROBLEMS[name]
    return make_analytic(family, DIMENSION, num_objectives)


@cache
def true_hypervolume(name: str) -> float:
    """That of the true front up to the problem's reference point.

    Two objectives: of `CURVE_POINTS` points of the curve, right to four digits. DTLZ2 with three:
    what an eighth of a ball leaves of a box.
    """
    reference = reference_losses(make_problem(name).objectives)
    if name == "dtlz2-3":
        return float(np.prod(reference) - np.pi / 6)
    rows = np.stack(CURVES[name](np.linspace(0.0, 1.0, CURVE_POINTS)), axis=1)
    return hypervolume(rows[is_on_front(rows)], reference)
