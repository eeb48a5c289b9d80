"""Optuna's samplers as we use them, each made for one proposal from its own seed."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from optuna.samplers import TPESampler
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator

from pareto_search.searchers.encoding import from_unit, is_free
from pareto_search.searchers.optuna_study import decoded, quiet
from pareto_search.space import Point, Space

Chances = Callable[[Sequence[Point]], npt.NDArray[np.float64]]
"""The probability of each point to complete."""

CANDIDATES = 24
"""Points drawn from the good trials' density for one proposal: Optuna's default."""


def make_tpe(seed: int, space: Space, chances: Chances) -> TPESampler:
    """A multivariate TPE that takes running trials for bad ones, and weighs points by `chances`."""
    is_conditional = any(parameter.when for parameter in space.values())
    with quiet():
        return _FeasibleTpe(space, chances, seed=seed, is_conditional=is_conditional)


class _FeasibleTpe(TPESampler):
    """Holds what `make_tpe` is given.

    The candidate with the best ratio of densities times chance to complete is taken, as in c-TPE
    (Watanabe and Hutter, 2023, arXiv:2211.14411), which a filter afterwards would not find. Where
    the space is conditional, Optuna draws it in parts, and no part alone has a chance.
    """

    def __init__(self, space: Space, chances: Chances, *, seed: int, is_conditional: bool) -> None:
        super().__init__(
            seed=seed,
            n_startup_trials=1,
            n_ei_candidates=CANDIDATES,
            multivariate=True,
            group=is_conditional,
            constant_liar=True,
        )
        self._space = space
        self._fixed = {k: from_unit(p, 0.5) for k, p in space.items() if not is_free(p)}
        self._is_conditional = is_conditional
        self._chances = chances

    def _compute_acquisition_func(
        self,
        samples: dict[str, npt.NDArray[np.float64]],
        mpe_below: _ParzenEstimator,
        mpe_above: _ParzenEstimator,
    ) -> npt.NDArray[np.float64]:
        ratios = super()._compute_acquisition_func(samples, mpe_below, mpe_above)
        if self._is_conditional:
            return ratios
        points = [
            {key: decoded(self._space[key], value) for key, value in zip(samples, row, strict=True)}
            for row in zip(*(column.tolist() for column in samples.values()), strict=True)
        ]
        chances = self._chances([self._fixed | point for point in points])
        return np.asarray(ratios + np.log(np.maximum(chances, 1e-12)))
