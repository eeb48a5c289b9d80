"""Evolutionary searchers from pymoo's parts, asynchronous: no trial waits for a generation.

Steady state: Durillo, Nebro, Luna and Alba (2009), doi:10.1007/978-3-642-01020-0_18. pymoo's own
ask/tell is not used: a second ask before the first tell gives it a second initial sample.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt
from pymoo.core.individual import Individual
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.operators.sampling.lhs import sampling_lhs_unit

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.priors import designed_point, has_priors, likely_point
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome
from pareto_search.searchers.pymoo_genes import GeneCode, Genes
from pareto_search.searchers.pymoo_mating import Mating
from pareto_search.searchers.pymoo_neighbourhood import Neighbourhoods
from pareto_search.searchers.pymoo_population import loss_units, make_individual
from pareto_search.searchers.pymoo_survival import SurvivalRule
from pareto_search.searchers.roster import Roster, proposal_seeds
from pareto_search.space import Point, Scalar


class Evolution(Protocol):
    """What tells one algorithm from another: who mates, and who survives."""

    def parents(
        self, index: int, population: Population, generator: np.random.Generator
    ) -> list[Individual]:
        """Two of `population` for the child that is trial `index`."""
        ...

    def survivors(
        self, population: Population, newcomers: Population, generator: np.random.Generator
    ) -> Population:
        """The next population; what is remembered follows from the order of calls."""
        ...


class PymooSearcher:
    """Holds the population, the newcomers it has not met, genes of running trials, the roster.

    The first `population` trials are a Latin hypercube (every second through the priors, if there
    are any). From then on a trial is the child of two parents as soon as half a population has
    completed; until then it is random. In steady state a newcomer meets the population at once; in
    generations it waits, and nobody else does, until there are as many as the population holds:
    meanwhile children are of the same parents.

    Newcomers are the complete trials, with what violates constraints, and the infeasible ones,
    which have no values: worse than all complete trials, and never a parent. A point nearest to an
    infeasible one is drawn anew. Genes of inactive parameters are drawn with the trial's own
    seed, since a point does not carry them.
    """

    def __init__(self, config: SearcherConfig, problem: SearchProblem, seed: int) -> None:
        self._search = problem
        self._size = config.population
        self._seed = seed
        self._roster = Roster(problem)
        self._code = GeneCode(problem.space)
        self._genes: dict[int, Genes] = {}
        self._mating = Mating(Problem(vars=self._code.variables, n_obj=problem.num_objectives))
        self._evolution = _make_evolution(config, problem, seed)
        self._population = Population()
        self._newcomers: list[Individual] = []
        self._units = loss_units(problem)
        self._brood = config.population if config.mode == "generational" else 1
        self._num_complete = 0
        generator = np.random.default_rng(np.random.SeedSequence(seed))
        self._design: npt.NDArray[np.float64] = sampling_lhs_unit(
            self._size, len(problem.space), random_state=generator
        )

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`; one no trial had, as far as that is easy."""
        seeds = proposal_seeds(self._seed, index)
        point = self._roster.unseen(
            lambda seed: self._draw(index, seed, is_first=seed == seeds[0]), seeds
        )
        self.adopt(index, point)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running; told, it meets the population.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        self._roster.begin(index, point)
        self._genes[index] = self._code.encode(point, self._generator(index))

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks finite losses.
        """
        losses = self._roster.end(index, outcome)
        genes = self._genes.pop(index)
        if losses is None and not outcome.is_infeasible:
            return
        self._num_complete += losses is not None
        self._newcomers.append(
            make_individual(index, genes, losses, outcome.violations, self._units)
        )
        if len(self._newcomers) >= self._brood:
            newcomers = Population.create(*self._newcomers)
            self._newcomers = []
            self._population = self._evolution.survivors(
                self._population, newcomers, self._generator(index)
            )

    def _draw(self, index: int, seed: int, *, is_first: bool = False) -> dict[str, Scalar]:
        return self._code.decode(self._genes_of(index, np.random.default_rng(seed), is_first))

    def _genes_of(self, index: int, generator: np.random.Generator, is_first: bool) -> Genes:
        if is_first and index < self._size:
            return self._designed(index, self._design[index], generator)
        if index < self._size or not self._is_breeding():
            return self._code.encode(likely_point(self._search.space, generator), generator)
        parents = self._evolution.parents(index, self._population, generator)
        return self._mating.child(parents, generator)

    def _is_breeding(self) -> bool:
        is_ready = len(self._population) > 0 and 2 * self._num_complete >= self._size
        return is_ready and bool(self._code.free)

    def _designed(
        self, index: int, units: npt.NDArray[np.float64], generator: np.random.Generator
    ) -> Genes:
        space = self._search.space
        is_likely = has_priors(space) and index % 2 == 1
        return self._code.encode(
            designed_point(space, units.tolist(), is_likely=is_likely), generator
        )

    def _generator(self, index: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self._seed, index]))


def _make_evolution(config: SearcherConfig, problem: SearchProblem, seed: int) -> Evolution:
    if config.kind == "moead":
        return Neighbourhoods(config.population, problem, seed)
    return SurvivalRule(config.kind, config.population, problem)
