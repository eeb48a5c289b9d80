"""What a point is worth to the front, from samples of the scores that it may have.

Scores are losses, standardised and negative. The improvement of the hypervolume: Daulton, Balandat
and Bakshy (2020), arXiv:2006.05078, in the logarithm of Ament et al. (2023), arXiv:2310.20708. The
improvement in a direction: Chebyshev's scalarisation with weights drawn anew each time, of Knowles
(2006), doi:10.1109/TEVC.2005.851274.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from moocore import is_nondominated
from optuna._gp import acqf
from optuna._hypervolume import get_non_dominated_box_bounds

from pareto_search.searchers.gp_model import Matrix

Gain = Callable[[torch.Tensor], torch.Tensor]
"""From sampled scores (... x S x M) to the logarithm of the expected improvement (...)."""

CROWDED = 3
"""From so many objectives on a direction may be looked in: see experiments/LOG.md."""
CROWD = 0.125
"""Of the known trials, how many are on the front where it is."""

LEAST_SIDE = 1e-12
"""Sides of boxes are at least this, for the sake of gradients."""

_LEAST_SHARE = 0.03
"""Of a direction, what each objective has at least."""
_SUM = 0.05
"""What the sum of losses counts for beside the worst of them."""
_SOFT = 0.01
"""Width of the smooth step that stands for the kink of an improvement, in ranges of the front."""
_STEEP = -20.0
"""So many widths short of an improvement the logarithm of that step is its argument."""


def make_gain(known: Matrix, believed: Matrix, seed: int) -> Gain:
    """That of `known` scores (N x M, at least one) and `believed` ones of running trials (R x M).

    With two objectives it is the hypervolume's. With more, most trials may be on the front, and
    then nearly all the hypervolume that there is to gain lies at its far ends: there it is that in
    a direction, the same for the same `seed`. Where few are, one may be the best in any direction.
    """
    num_objectives = known.shape[1]
    if num_objectives < CROWDED or is_nondominated(-known).mean() < CROWD:
        return HypervolumeGain(known, believed)
    direction = np.random.default_rng(seed).dirichlet(np.ones(num_objectives))
    return DirectedGain(known, believed, direction)


class HypervolumeGain:
    """Holds the boxes that divide what the front of known and believed scores leaves."""

    def __init__(self, known: Matrix, believed: Matrix) -> None:
        losses = -np.vstack([known, believed])
        reference = _reference(-known)
        losses = losses[(losses < reference).all(axis=1)]
        front = losses[is_nondominated(losses, keep_weakly=False)]
        low, high = get_non_dominated_box_bounds(front[np.lexsort(front.T[::-1])], reference)
        self._sides = torch.from_numpy(high - low).clamp_min(LEAST_SIDE)
        self._low = torch.from_numpy(-high)

    def __call__(self, scores: torch.Tensor) -> torch.Tensor:
        """As `Gain` says."""
        return acqf.logehvi(scores, self._low, self._sides)


class DirectedGain:
    """Holds a direction from the front's ideal, and how far the best known or believed is.

    Losses are measured in ranges of the front of known ones. A point is as far as the largest of
    its losses, each as a multiple of its share in the `direction` (M, sum 1).
    """

    def __init__(self, known: Matrix, believed: Matrix, direction: Matrix) -> None:
        front = -known[is_nondominated(-known)]
        ideal, nadir = front.min(axis=0), front.max(axis=0)
        unit = np.where(nadir > ideal, nadir - ideal, 1.0)
        self._ideal = torch.from_numpy(ideal)
        self._scale = torch.from_numpy(unit * np.maximum(direction, _LEAST_SHARE))
        self._best = self._distance(torch.from_numpy(np.vstack([known, believed]))).min()

    def __call__(self, scores: torch.Tensor) -> torch.Tensor:
        """As `Gain` says."""
        steps = (self._best - self._distance(scores)) / _SOFT
        smooth = torch.nn.functional.softplus(steps.clamp_min(_STEEP)).log()
        logs = torch.where(steps > _STEEP, smooth, steps)
        return torch.logsumexp(logs, dim=-1) - math.log(logs.shape[-1])

    def _distance(self, scores: torch.Tensor) -> torch.Tensor:
        shares = (-scores - self._ideal) / self._scale
        return shares.amax(dim=-1) + _SUM * shares.sum(dim=-1)


def _reference(losses: Matrix) -> Matrix:
    """A tenth beyond the worst of all `losses` (N x M), as in Optuna.

    A point just beyond the front would be worth more only once the front is whole: until then it
    gives nothing for what lies beyond the front's ends, so that they are never found.
    """
    worst = losses.max(axis=0)
    return np.asarray(worst + 0.1 * np.abs(worst) + LEAST_SIDE)
