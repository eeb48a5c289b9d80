"""A portfolio: several algorithms learn from every trial, and the one that succeeds is asked more.

No algorithm is the best on every problem, nor early and late on one: a Gaussian process is far
ahead where losses are smooth and behind densities where they have many optima, and an evolutionary
algorithm is ahead of both when trials are many.
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.credit import Credit
from pareto_search.searchers.encoding import is_free
from pareto_search.searchers.improving import ImprovingFront
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import FIRST_TAKEN_OVER, Outcome, Searcher, TrialState
from pareto_search.space import Point, Scalar

Make = Callable[[SearcherConfig, SearchProblem, int], Searcher]

DESIGN = "nsga2"
"""Who proposes before anything is known: its first trials fill the space evenly."""
MODEL = "gp"
MODEL_TRIALS = 400
MODEL_DIMENSIONS = 20
MODEL_OBJECTIVES = 3
"""Up to these a Gaussian process is affordable and asked; for more trials it is not any more."""


class PortfolioSearcher:
    """Holds the algorithms, the credit of each, whose turn each running trial was, and a front.

    All of them adopt each point and are told of each outcome. The first `startup` trials, and all
    that begin before one has ended otherwise than by a loss, are of evolution's Latin hypercube
    and nobody's merit, nor is what other sweeps tried. Then, who is asked for trial `index` depends
    on the seed, `index` and what was begun and told before, so a replay finds the same. A success
    is a trial that improved the front when it ended (see `improving`) and kept every constraint; a
    point that is infeasible is a failure of who proposed it; stopped and lost trials are neither.

    With many workers many are chosen before the first choice is known to have been right. Until
    then the model, the best guess (experiments/LOG.md), counts as having succeeded as often as
    more than `startup` run; later ends outweigh that.
    """

    def __init__(
        self, config: SearcherConfig, problem: SearchProblem, seed: int, make: Make
    ) -> None:
        names = ["tpe", DESIGN]
        free = sum(map(is_free, problem.space.values()))
        is_affordable = free <= MODEL_DIMENSIONS and problem.num_objectives <= MODEL_OBJECTIVES
        if is_affordable and find_spec("torch") is not None:
            names.insert(0, MODEL)
        self._seed = seed
        self._startup = config.startup
        self._parts = {
            name: make(_part(config, name), problem, _word(seed, place))
            for place, name in enumerate(names)
        }
        self._credit = Credit(names)
        self._turns: dict[int, str | None] = {}  # None: nobody's, of the design
        self._is_told = False
        self._front = ImprovingFront(problem.num_objectives)

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`, from the algorithm whose turn it is."""
        turn = self._turn(index)
        asked = turn or DESIGN
        point = self._parts[asked].ask(index)
        self._begin(index, point, turn, asked)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        self._begin(index, point, self._turn(index))

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks finite losses.
        """
        for part in self._parts.values():
            part.tell(index, outcome)
        turn = self._turns.pop(index)
        self._is_told |= outcome.state is not TrialState.FAILED or outcome.is_infeasible
        if outcome.state is TrialState.COMPLETE or outcome.is_infeasible:
            is_success = self._improves(outcome)
            if turn:
                self._credit.note(turn, is_success=is_success)

    def _turn(self, index: int) -> str | None:
        if index < self._startup or index >= FIRST_TAKEN_OVER or not self._is_told:
            return None
        if MODEL in self._parts:
            self._credit.favour(MODEL, len(self._turns) - self._startup)
        names = [name for name in self._parts if name != MODEL or index < MODEL_TRIALS]
        sequence = np.random.SeedSequence([self._seed, index])
        return self._credit.choose(names, np.random.default_rng(sequence))

    def _begin(self, index: int, point: Point, turn: str | None, asked: str = "") -> None:
        for name, part in self._parts.items():
            if name != asked:
                part.adopt(index, point)
        self._turns[index] = turn

    def _improves(self, outcome: Outcome) -> bool:
        """Whether the trial is a success; where it may be a solution it is kept for the next."""
        if outcome.losses is None or any(violation > 0 for violation in outcome.violations):
            return False
        return self._front.improves(outcome.losses)


def _part(config: SearcherConfig, name: str) -> SearcherConfig:
    engine = "pymoo" if name == "nsga2" else "optuna"
    return config.model_copy(update={"kind": name, "engine": engine})


def _word(seed: int, place: int) -> int:
    """A seed of 32 bits of its own for the algorithm at `place`."""
    return int(np.random.SeedSequence([seed, place]).generate_state(1)[0])
