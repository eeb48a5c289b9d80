"""Which parameters mattered, by Optuna's PED-ANOVA.

Watanabe, Bansal and Hutter, *PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
Arbitrary Subspaces*, IJCAI 2023 (arXiv 2304.10255): the Pearson divergence, along each parameter,
of the best trials from all trials. Conditional parameters count where they are active.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import optuna
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from pareto_search.searchers.encoding import is_free
from pareto_search.searchers.hiding import hidden
from pareto_search.searchers.optuna_study import distribution_of, encoded, quiet
from pareto_search.space import Point, Space

with hidden("sklearn"):  # it serves forests, which are not used, and takes a second to import
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

MIN_TRIALS = 15
"""Fewer say nothing: Optuna asks for 5 among the best, which should be few among all."""
MIN_BEST = 5
"""So many are taken for the best, or as many as are on the front."""
_DRAWS = 19
"""Orders of the trials by lot: what none of 19 reaches is reached 1 time in 20."""

Target = Callable[[FrozenTrial], float]


@dataclass(frozen=True, slots=True)
class Importance:
    """The share of each parameter in all importance, of 1 in sum, and what luck gives it.

    `chance` is on the same scale: what the parameter reaches 1 time in 20 where the best trials
    are drawn by lot. `num_best` trials were taken for the best.
    """

    shares: Mapping[str, float]
    chance: Mapping[str, float]
    num_best: int

    @property
    def mattering(self) -> tuple[str, ...]:
        """The parameters above their chance level, the most important first."""
        above = [key for key, share in self.shares.items() if share > self.chance[key]]
        return tuple(sorted(above, key=lambda key: -self.shares[key]))


class ImportanceStudy:
    """Holds N complete trials as an Optuna study, and chance levels that were found."""

    def __init__(
        self,
        space: Space,
        points: Sequence[Point],
        losses: npt.NDArray[np.float64],
        num_front: int,
    ) -> None:
        """Trials at `points` of `space` with finite `losses` (N x M), N at least `MIN_TRIALS`.

        Of them `num_front` are on the front.

        Raises:
            ValueError: there are fewer.
        """
        if len(points) < MIN_TRIALS:
            raise ValueError(
                f"Importance should be asked of {MIN_TRIALS} trials or more. Found {len(points)}."
            )
        self._keys = [key for key, parameter in space.items() if is_free(parameter)]
        self._count = len(points)
        self._num_front = min(max(MIN_BEST, num_front), self._count - 1)
        self._chance: dict[int, dict[str, float]] = {}
        distributions = {key: distribution_of(space[key]) for key in self._keys}
        with quiet():
            self._study = optuna.create_study(
                directions=["minimize"] * losses.shape[1], sampler=RandomSampler(seed=0)
            )
            for point, row in zip(points, losses.tolist(), strict=True):
                known = [key for key in self._keys if key in point]
                self._study.add_trial(
                    create_trial(
                        state=TrialState.COMPLETE,
                        params={key: encoded(space[key], point[key]) for key in known},
                        distributions={key: distributions[key] for key in known},
                        values=row,
                    )
                )

    def of_objective(self, column: int) -> Importance:
        """For being among the best of the objective in that column.

        Those are as many as are taken for the front, but half of all trials at most.
        """
        best = min(self._num_front, self._count // 2)
        return self._importance(best, lambda trial: float(trial.values[column]))

    def of_front(self) -> Importance:
        """For being on the front.

        Where fewer than `MIN_BEST` trials are, the next ones in rank are taken too, as Optuna
        ranks them: by nondomination, then by hypervolume.
        """
        return self._importance(self._num_front, None)

    def _importance(self, num_best: int, target: Target | None) -> Importance:
        found = self._divergences(num_best, target)
        total = sum(found.values()) or 1.0
        chance = self._chance_of(num_best)
        return Importance(
            {key: found.get(key, 0.0) / total for key in self._keys},
            {key: chance.get(key, 0.0) / total for key in self._keys},
            num_best,
        )

    def _chance_of(self, num_best: int) -> dict[str, float]:
        """The largest divergence of each parameter in `_DRAWS` orders by lot."""
        if num_best not in self._chance:
            generator = np.random.default_rng(0)
            most = dict.fromkeys(self._keys, 0.0)
            for _ in range(_DRAWS):
                order = generator.permutation(self._count).tolist()
                drawn = self._divergences(num_best, _by_lot(order))
                most = {key: max(level, drawn.get(key, 0.0)) for key, level in most.items()}
            self._chance[num_best] = most
        return self._chance[num_best]

    def _divergences(self, num_best: int, target: Target | None) -> dict[str, float]:
        part = (num_best - 0.5) / self._count  # Optuna takes the ceiling of part times count
        with quiet(), warnings.catch_warnings():
            # that low targets are better, which they are; that a condition rarely holds
            warnings.simplefilter("ignore", UserWarning)
            return get_param_importances(
                self._study,
                evaluator=PedAnovaImportanceEvaluator(target_quantile=part),
                target=target,
                normalize=False,
            )


def _by_lot(order: Sequence[int]) -> Target:
    """A trial's place in `order`, the best first."""
    return lambda trial: float(order[trial.number])
