"""MOEA/D: one subproblem for each reference direction, improved by its neighbours' children.

Zhang and Li (2007), doi:10.1109/TEVC.2007.892759. It has no survival rule: a newcomer takes every
place whose subproblem it solves better, not only those of its neighbourhood (global replacement:
Wang et al., 2014, doi:10.1109/CEC.2014.6900319; `experiments/LOG.md` has what it brought). Losses
are scaled to [0, 1] by the best that was ever seen and the worst of the population, so that units
do not matter.
"""

import numpy as np
import numpy.typing as npt
from pymoo.core.individual import Individual
from pymoo.core.population import Population
from pymoo.decomposition.pbi import PBI
from pymoo.decomposition.tchebicheff import Tchebicheff

from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.pymoo_directions import reference_directions
from pareto_search.searchers.pymoo_population import Judge, has_values, valued

_NEAR = 0.9
"""Chance that parents are neighbours."""


class Neighbourhoods:
    """Holds K directions, their neighbours, the ideal point of all feasible trials, and a judge.

    Its population has one individual for each direction, the same one several times if need be.
    The first trial takes all places, so that lost ones leave no gap. Trial `index` is a child of
    neighbours (half of all) of one subproblem, told by `index` alone, and each has its turn.
    """

    def __init__(self, size: int, problem: SearchProblem, seed: int) -> None:
        m = problem.num_objectives
        self._seed = seed
        self._directions = reference_directions(size, m)
        self._scalarise = Tchebicheff() if m == 2 else PBI()
        gaps = np.linalg.norm(self._directions[:, None] - self._directions[None], axis=2)
        nearest = np.argsort(gaps, axis=1, kind="stable")
        self._neighbours = nearest[:, : max(2, len(nearest) // 2)]
        self._ideal = np.full(m, np.inf)
        self._judge = Judge(problem.num_constraints)

    def parents(
        self, index: int, population: Population, generator: np.random.Generator
    ) -> list[Individual]:
        """Two different neighbours of the subproblem of `index`, or of all where need be."""
        near = valued(population[self._neighbours[self._subproblem(index)]])
        pool = near if len(near) > 1 and generator.random() < _NEAR else valued(population)
        return list(pool[generator.choice(len(pool), 2, replace=len(pool) < 2)])

    def survivors(
        self, population: Population, newcomers: Population, _: np.random.Generator
    ) -> Population:
        """`population` with each of `newcomers` in the places where it is better."""
        for newcomer in filter(has_values, newcomers):
            if len(population) == 0:
                population = Population.create(*[newcomer] * len(self._directions))
            population = self._replaced(population, newcomer)
        return population

    def _replaced(self, population: Population, newcomer: Individual) -> Population:
        self._judge.judge(Population.merge(population, Population.create(newcomer)))
        if newcomer.CV[0] <= 0:
            self._ideal = np.minimum(self._ideal, newcomer.F)
        kept = population.copy()
        kept[self._is_better(newcomer, population)] = newcomer
        return kept

    def _is_better(self, newcomer: Individual, population: Population) -> npt.NDArray[np.bool_]:
        """At which places it is better: by violation, then by that place's subproblem; K."""
        before, held = population.get("CV")[:, 0], population.get("F")
        low = np.where(np.isfinite(self._ideal), self._ideal, held.min(axis=0))
        high = held.max(axis=0)
        width = np.where(high > low, high - low, 1.0)
        new = self._value((np.tile(newcomer.F, (len(held), 1)) - low) / width)
        is_feasible = (newcomer.CV[0] <= 0) & (before <= 0)
        is_nearer = new < self._value((held - low) / width)
        return np.where(is_feasible, is_nearer, newcomer.CV[0] < before)

    def _value(self, scaled: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Each subproblem at its row of `scaled` losses, K x M: Chebyshev's, from M = 3 on PBI."""
        values: npt.NDArray[np.float64] = self._scalarise.do(
            scaled, self._directions, _type="one_to_one"
        )
        return values

    def _subproblem(self, index: int) -> int:
        turn, place = divmod(index, len(self._directions))
        generator = np.random.default_rng(np.random.SeedSequence([self._seed, turn, 1]))
        return int(generator.permutation(len(self._directions))[place])
