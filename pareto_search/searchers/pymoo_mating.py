"""Children of two parents: pymoo's operators, each made anew (its defaults are shared by all)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pymoo.algorithms.moo.sms import cv_and_dom_tournament
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.individual import Individual
from pymoo.core.mixed import MixedVariableMating
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.variable import Choice, Real
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.crossover.ux import UX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.mutation.rm import ChoiceRandomMutation
from pymoo.operators.selection.tournament import TournamentSelection

from pareto_search.searchers.pymoo_genes import Genes


class Mating:
    """Holds the operators: simulated binary crossover and polynomial mutation of real genes.

    Choices are exchanged uniformly and drawn anew. On average one gene of a child mutates.
    """

    def __init__(self, problem: Problem, eta: float = 15, chance: float = 0.9) -> None:
        self._problem = problem
        each = 1.0 / max(len(problem.vars), 1)
        self._operators = MixedVariableMating(
            crossover={Real: SBX(eta=eta, prob=chance), Choice: UX(prob=chance)},
            mutation={
                Real: PM(eta=20, prob=1.0, prob_var=each),
                Choice: ChoiceRandomMutation(prob=1.0, prob_var=each),
            },
            eliminate_duplicates=NoDuplicateElimination(),
        )

    def child(self, parents: Sequence[Individual], generator: np.random.Generator) -> Genes:
        """The genes of one child of two `parents`."""
        children = self._operators.do(
            self._problem, [list(parents)], 1, parents=True, random_state=generator
        )
        genes: Genes = children[0].X
        return genes


class Tournament:
    """Holds how two individuals are compared; a parent is the better of two drawn at random.

    By `kind`: smsemoa by dominance, nsga3 by feasibility alone, all others by rank and the less
    crowded; equal ones by chance. An infeasible one loses to a feasible one always.
    """

    def __init__(self, kind: str) -> None:
        compare = {"smsemoa": cv_and_dom_tournament, "nsga3": _by_feasibility}.get(kind, _by_rank)
        self._selection = TournamentSelection(func_comp=compare)

    def pair(self, pool: Population, generator: np.random.Generator) -> list[Individual]:
        """Two parents from `pool`, which has at least one individual."""
        chosen = self._selection.do(None, pool, 1, 2, random_state=generator)
        return list(chosen[0])


def _by_rank(
    pop: Population, pairs: npt.NDArray[np.int64], random_state: np.random.Generator, **_: object
) -> npt.NDArray[np.int64]:
    """The better of each pair by violation, rank, the less crowded, then chance; pairs N x 2."""
    ties = random_state.random(len(pop))
    crowding, rank = pop.get("crowding").astype(float), pop.get("rank").astype(float)
    return _better(np.lexsort((ties, -crowding, rank, pop.get("CV")[:, 0])), pairs)


def _by_feasibility(
    pop: Population, pairs: npt.NDArray[np.int64], random_state: np.random.Generator, **_: object
) -> npt.NDArray[np.int64]:
    ties = random_state.random(len(pop))
    return _better(np.lexsort((ties, pop.get("CV")[:, 0])), pairs)


def _better(order: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    place = np.argsort(order)
    return np.where(place[pairs[:, 0]] < place[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
