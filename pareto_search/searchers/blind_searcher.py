"""Searchers that know no result: independent random points, and a scrambled Sobol sequence.

Sobol (1967), doi:10.1016/0041-5553(67)90144-9; scrambled as by Matousek (1998),
doi:10.1006/jcom.1998.0489, so that another seed gives another sequence, equally even.
"""

import math

import numpy as np
from scipy.stats.qmc import Sobol

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.priors import designed_point, has_priors, likely_point
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import Outcome
from pareto_search.searchers.roster import Roster, proposal_seeds
from pareto_search.space import Point, Scalar


class BlindSearcher:
    """Holds the roster of all trials, and the Sobol sequences begun.

    With `kind: random`, priors shape every second point by chance. With `kind: qmc` proposal
    `index` is the element `index` of the sequence (where priors are given, in turn uniform and
    through them); one that cannot be had, because it was seen or is not allowed, is
    replaced by the same element of another sequence.
    """

    def __init__(self, config: SearcherConfig, problem: SearchProblem, seed: int) -> None:
        self._is_even = config.kind == "qmc"
        self._space = problem.space
        self._seed = seed
        self._roster = Roster(problem)
        self._sequences: list[Sobol] = []

    def ask(self, index: int) -> dict[str, Scalar]:
        """A point of the space for trial `index`; one no trial had, as long as there is one."""
        seeds = proposal_seeds(self._seed, index)
        draws = {seed: place for place, seed in enumerate(seeds)}
        draw = self._random if not self._is_even else lambda seed: self._even(index, draws[seed])
        point = self._roster.unseen(draw, seeds)
        self.adopt(index, point)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, running.

        Raises:
            ValueError: `index` has begun before, or `point` is not of the space.
        """
        self._roster.begin(index, point)

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended: nothing is learned but that its point was had.

        Raises:
            ValueError: `index` does not run, or a complete trial lacks finite losses.
        """
        self._roster.end(index, outcome)

    def _random(self, seed: int) -> dict[str, Scalar]:
        return likely_point(self._space, np.random.default_rng(seed))

    def _even(self, index: int, sequence: int) -> dict[str, Scalar]:
        turn, element = index % 2, index // 2
        if not has_priors(self._space):
            turn, element = 0, index
        while len(self._sequences) <= sequence:
            rng = np.random.default_rng([self._seed, len(self._sequences)])
            self._sequences.append(Sobol(len(self._space), scramble=True, rng=rng))
        sobol = self._sequences[sequence]
        sobol.reset()
        if element:
            sobol.fast_forward(element)
        units = np.minimum(sobol.random(1)[0], math.nextafter(1.0, 0.0))
        return designed_point(self._space, units.tolist(), is_likely=turn == 1)
