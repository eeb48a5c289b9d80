"""Searchers from Optuna: TPE for several objectives, generational NSGA-II and NSGA-III."""

import numpy as np

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.optuna_breeding import Breeder, Generations, make_breeder
from pareto_search.searchers.optuna_samplers import make_tpe
from pareto_search.searchers.optuna_study import OptunaStudy, quiet
from pareto_search.searchers.priors import likely_point
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.searchers.roster import Roster, proposal_seeds
from pareto_search.space import Point, Scalar


class OptunaSearcher:
    """Holds the study of its trials, and the roster of all trials.

    Each proposal comes from a sampler made for it alone, from a seed made for it alone; it enters
    the study the way an adopted point does, so that after a replay the samplers read the same
    study. The first proposals (`startup` of TPE, a population of NSGA) are random, by the priors.

    Losses and violations of complete trials are learned as they are. A stopped trial and an
    infeasible one have no losses and are given none: their places are *open* in the study
    (`OptunaStudy`), bad for TPE and absent for NSGA, however few trials succeed. A lost trial
    is forgotten.
    """

    def __init__(self, config: SearcherConfig, problem: SearchProblem, seed: int) -> None:
        self._config = config
        self._space = problem.space
        self._seed = seed
        self._roster = Roster(problem)
        self._generations = Generations(config.population)
        is_tpe = config.kind == "tpe"
        self._study = OptunaStudy(problem, None if is_tpe else self._breeder(seed))

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`; one no trial had, as long as there is one."""
        point = self._roster.unseen(self._draw, proposal_seeds(self._seed, index))
        self.adopt(index, point)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        self._roster.begin(index, point)
        self._study.begin(index, point)

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks finite losses.
        """
        losses = self._roster.end(index, outcome)
        if losses is not None:
            self._study.complete(index, losses, outcome.violations)
        elif outcome.state is TrialState.FAILED and not outcome.is_infeasible:
            self._study.forget(index)
        else:
            self._study.leave_open(index)

    def _draw(self, seed: int) -> dict[str, Scalar]:
        is_tpe = self._config.kind == "tpe"
        first = self._config.startup if is_tpe else self._config.population
        if self._study.num_complete < first:
            return likely_point(self._space, np.random.default_rng(seed))
        if is_tpe:
            sampler = make_tpe(seed, self._space, self._roster.feasibility.chances)
            return self._study.draw(sampler)
        return self._study.draw(self._breeder(seed))

    def _breeder(self, seed: int) -> Breeder:
        with quiet():
            return make_breeder(self._config.kind, self._generations, self._config.population, seed)
