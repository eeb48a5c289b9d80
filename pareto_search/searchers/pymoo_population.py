"""Trials as pymoo's individuals, and how far each is from being feasible.

Feasible comes before infeasible, and of two infeasible ones the smaller violation comes first:
Deb (2000), doi:10.1016/S0045-7825(99)00389-8.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pymoo.core.individual import Individual
from pymoo.core.population import Population

from pareto_search.searchers.pymoo_genes import Genes

_UNKNOWN = 2.0
"""What a metric that was not reported counts: twice the largest violation that was seen."""


def make_individual(
    index: int, genes: Genes, losses: Sequence[float] | None, violations: Sequence[float], m: int
) -> Individual:
    """Trial `index` as an individual; `losses` (M = `m`) is None where its point is to blame."""
    values = np.full(m, np.nan) if losses is None else np.asarray(losses, dtype=np.float64)
    excess = None if losses is None else np.maximum(np.asarray(violations, dtype=np.float64), 0.0)
    return Individual(X=genes, F=values, index=index, excess=excess)


def has_values(individual: Individual) -> bool:
    """Whether the trial completed: one that failed has a violation, and nothing else."""
    return individual.get("excess") is not None


def valued(population: Population) -> Population:
    """Those of `population` that completed, each once, in their order."""
    unique = {individual.get("index"): individual for individual in population}
    return Population.create(*(one for one in unique.values() if has_values(one)))


def judge(population: Population) -> None:
    """Set the violation (CV) of all of `population`: 0 exactly where a trial is feasible.

    Each constraint is measured by its largest finite violation in the population, so that units do
    not matter, and the parts are summed. A trial that failed is worse than all that completed.
    """
    rows = [one.get("excess") for one in population if has_values(one)]
    scale = _scale(np.asarray(rows, dtype=np.float64)) if rows else np.empty(0)
    for individual in population:
        excess = individual.get("excess")
        total = _UNKNOWN * len(scale) + 1.0 if excess is None else _total(excess, scale)
        individual.CV = np.array([total])


def _scale(excess: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The largest finite violation of each constraint, 1 where there is none; N x C to C."""
    finite = np.where(np.isfinite(excess), excess, 0.0).max(axis=0)
    return np.where(finite > 0, finite, 1.0)


def _total(excess: npt.NDArray[np.float64], scale: npt.NDArray[np.float64]) -> float:
    return float(np.where(np.isfinite(excess), excess / scale, _UNKNOWN).sum())
