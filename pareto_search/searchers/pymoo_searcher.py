"""Steady-state NSGA-II from pymoo's operators, asynchronous: no trial waits for a generation.

Deb, Pratap, Agarwal and Meyarivan (2002), doi:10.1109/4235.996017; steady state: Durillo, Nebro,
Luna and Alba (2009), doi:10.1007/978-3-642-01020-0_18. pymoo's own ask/tell is not used: a second
ask before the first tell gives it a second initial sample.
"""

import numpy as np
import numpy.typing as npt
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.individual import Individual
from pymoo.core.mixed import MixedVariableMating
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.variable import Choice as ChoiceVariable
from pymoo.core.variable import Real
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.crossover.ux import UX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.mutation.rm import ChoiceRandomMutation
from pymoo.operators.sampling.lhs import sampling_lhs_unit
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.encoding import (
    choice_index,
    from_unit,
    is_free,
    to_unit,
    uniform_point,
)
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome
from pareto_search.searchers.roster import Roster, proposal_seeds
from pareto_search.space import Choice, Parameter, Point, Scalar, Space, active

Genes = dict[str, float | int]
"""One gene for each free parameter, active or not: its unit in [0, 1], or a choice's place."""


class PymooSearcher:
    """Holds the population (complete trials only), the genes of running trials, and the roster.

    The first `population` trials are a Latin hypercube. From then on a trial is the child of two
    parents chosen by tournament, as soon as half a population stands; until then it is random. A
    complete trial enters the population, and the worst by rank and crowding leaves it. Genes of
    inactive parameters are drawn with the trial's own seed, since a point does not carry them.
    """

    def __init__(self, config: SearcherConfig, problem: SearchProblem, seed: int) -> None:
        space, num_objectives = problem.space, problem.num_objectives
        self._space = space
        self._size = config.population
        self._seed = seed
        self._roster = Roster(problem)
        self._genes: dict[int, Genes] = {}
        self._population = Population()
        self._free = [key for key in space if is_free(space[key])]
        self._problem = Problem(vars=_variables(space, self._free), n_obj=num_objectives)
        self._mating = _make_mating(max(len(self._free), 1))
        self._survival = RankAndCrowding()
        generator = np.random.default_rng(np.random.SeedSequence(seed))
        self._design: npt.NDArray[np.float64] = sampling_lhs_unit(
            self._size, len(space), random_state=generator
        )

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`; one no trial had, as far as that is easy."""
        seeds = proposal_seeds(self._seed, index)
        point = self._roster.unseen(lambda seed: self._draw(index, seed), seeds)
        self.adopt(index, point)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running; told complete, it enters the population.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        self._roster.begin(index, point)
        self._genes[index] = self._encode(index, point)

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks finite losses.
        """
        losses = self._roster.end(index, outcome)
        genes = self._genes.pop(index)
        if losses is None:
            return
        newcomer = Individual(X=genes, F=np.asarray(losses, dtype=np.float64))
        self._population = self._survival.do(
            self._problem,
            Population.merge(self._population, Population.create(newcomer)),
            n_survive=self._size,
            random_state=self._generator(index),
        )

    def _draw(self, index: int, seed: int) -> dict[str, Scalar]:
        generator = np.random.default_rng(seed)
        if index < self._size:
            return self._designed(index)
        if not self._free or 2 * len(self._population) < self._size:
            return uniform_point(self._space, generator)
        child = self._mating.do(self._problem, self._population, 1, random_state=generator)
        return self._decode(child[0].X)

    def _designed(self, index: int) -> dict[str, Scalar]:
        units = zip(self._space, self._design[index], strict=True)
        return active(self._space, {key: from_unit(self._space[key], float(u)) for key, u in units})

    def _encode(self, index: int, point: Point) -> Genes:
        generator = self._generator(index)
        genes: Genes = {}
        for key in self._free:
            drawn = from_unit(self._space[key], float(generator.random()))
            genes[key] = _gene(self._space[key], point.get(key, drawn))
        return genes

    def _decode(self, genes: Genes) -> dict[str, Scalar]:
        values = {key: _value(p, genes.get(key, 0)) for key, p in self._space.items()}
        return active(self._space, values)

    def _generator(self, index: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self._seed, index]))


def _gene(parameter: Parameter, value: Scalar) -> float | int:
    if isinstance(parameter, Choice):
        return choice_index(parameter, value)
    return to_unit(parameter, value)


def _value(parameter: Parameter, gene: float | int) -> Scalar:
    if isinstance(parameter, Choice):
        return parameter.values[int(gene)]
    return from_unit(parameter, float(gene))


def _variables(space: Space, free: list[str]) -> dict[str, Real | ChoiceVariable]:
    return {
        key: ChoiceVariable(options=range(len(parameter.values)))
        if isinstance(parameter := space[key], Choice)
        else Real(bounds=(0.0, 1.0))
        for key in free
    }


def _make_mating(num_free: int) -> MixedVariableMating:
    """NSGA-II's usual operators, each made anew: pymoo's defaults are shared by everybody."""
    chance = 1.0 / num_free
    return MixedVariableMating(
        selection=TournamentSelection(func_comp=_winners),
        crossover={Real: SBX(eta=15, prob=0.9), ChoiceVariable: UX(prob=0.9)},
        mutation={
            Real: PM(eta=20, prob=1.0, prob_var=chance),
            ChoiceVariable: ChoiceRandomMutation(prob=1.0, prob_var=chance),
        },
        eliminate_duplicates=NoDuplicateElimination(),
    )


def _winners(
    pop: Population,
    pairs: npt.NDArray[np.int64],
    random_state: np.random.Generator,
    **_: object,
) -> npt.NDArray[np.int64]:
    """The better of each pair: by rank, then the less crowded, then by chance; pairs N x 2."""
    ties = random_state.random(len(pop))
    order = np.lexsort((ties, -pop.get("crowding").astype(float), pop.get("rank").astype(int)))
    place = np.argsort(order)
    return np.where(place[pairs[:, 0]] < place[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
