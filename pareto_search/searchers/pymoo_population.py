"""Trials as pymoo's individuals, and how far each is from being feasible.

Feasible comes before infeasible, and of two infeasible ones the smaller violation comes first:
Deb (2000), doi:10.1016/S0045-7825(99)00389-8.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pymoo.core.individual import Individual
from pymoo.core.population import Population

from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.pymoo_genes import Genes

_UNKNOWN = 2.0
"""What a metric that was not reported counts: twice the largest violation that was seen."""


def make_individual(
    index: int,
    genes: Genes,
    losses: Sequence[float] | None,
    violations: Sequence[float],
    units: npt.NDArray[np.float64],
) -> Individual:
    """Trial `index` as an individual; `losses` (M) is None where its point is to blame.

    Its F is the losses in `units` (M).
    """
    values = np.full(len(units), np.nan) if losses is None else np.asarray(losses) / units
    excess = None if losses is None else np.maximum(np.asarray(violations, dtype=np.float64), 0.0)
    return Individual(X=genes, F=values, index=index, excess=excess)


def loss_units(problem: SearchProblem) -> npt.NDArray[np.float64]:
    """What each loss is measured in, M: the size of its reference, 1 where there is none.

    Some rules have thresholds of their own (NSGA-III takes less than 0.001 for nothing).
    """
    if problem.reference is None:
        return np.ones(problem.num_objectives)
    sizes = np.abs(np.asarray(problem.reference, dtype=np.float64))
    return np.where(sizes > 0, sizes, 1.0)


def has_values(individual: Individual) -> bool:
    """Whether the trial completed: one that failed has a violation, and nothing else."""
    return individual.get("excess") is not None


def valued(population: Population) -> Population:
    """Those of `population` that completed, each once, in their order."""
    unique = {individual.get("index"): individual for individual in population}
    return Population.create(*(one for one in unique.values() if has_values(one)))


class Judge:
    """Holds the largest finite violation of each constraint that was seen, by which it measures."""

    def __init__(self, num_constraints: int) -> None:
        self._largest: npt.NDArray[np.float64] = np.zeros(num_constraints)

    def judge(self, population: Population) -> None:
        """Set the violation (CV) of all of `population`: 0 exactly where a trial is feasible.

        It is the sum over the constraints, each measured by its largest violation, so that units
        do not matter. A trial that failed is worse than all that completed.
        """
        rows = [one.get("excess") for one in population if has_values(one)]
        for row in rows:
            self._largest = np.maximum(self._largest, np.where(np.isfinite(row), row, 0.0))
        for individual in population:
            individual.CV = np.array([self._total(individual.get("excess"))])

    def _total(self, excess: npt.NDArray[np.float64] | None) -> float:
        if excess is None:
            return _UNKNOWN * len(self._largest) + 1.0
        scale = np.where(self._largest > 0, self._largest, 1.0)
        return float(np.where(np.isfinite(excess), excess / scale, _UNKNOWN).sum())
