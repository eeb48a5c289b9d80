"""What a point is worth to the front, from samples of the scores that it may have.

Scores are losses, standardised and negative. The improvement of the hypervolume: Daulton, Balandat
and Bakshy (2020), arXiv:2006.05078, in the logarithm of Ament et al. (2023), arXiv:2310.20708. The
improvement in a direction: Chebyshev's scalarisation with weights drawn anew each time, of Knowles
(2006), doi:10.1109/TEVC.2005.851274.
"""

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
"""From so many objectives on directions are looked in, too."""
DIRECTED_SHARE = 0.5
"""Of the proposals then, how many look in a direction: see experiments/LOG.md."""

LEAST_SIDE = 1e-12
"""Sides of boxes are at least this, for the sake of gradients."""

_LEAST_SHARE = 0.03
"""Of a direction, what each objective has at least."""
_SUM = 0.05
"""What the sum of losses counts for beside the worst of them."""
_SOFT = 0.01
"""Width of the smooth step that stands for the kink of an improvement, in ranges of the front."""
_FAT = 0.1
"""Height of that step's tail, which leaves a slope where no sample is an improvement."""


def make_gain(known: Matrix, believed: Matrix, seed: int) -> Gain:
    """That of `known` scores (N x M, at least one) and `believed` ones of running trials (R x M).

    With two objectives it is the hypervolume's. With more, nearly every trial is on the front, and
    most of the hypervolume that there is to gain lies at its far ends: there, half of the gains are
    in a direction, the same for the same `seed`.
    """
    generator = np.random.default_rng(seed)
    num_objectives = known.shape[1]
    if num_objectives < CROWDED or generator.random() >= DIRECTED_SHARE:
        return HypervolumeGain(known, believed)
    return DirectedGain(known, believed, generator.dirichlet(np.ones(num_objectives)))


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
    """Holds a direction from the front's ideal, and how far on it the best known or believed is.

    Losses are measured from the ideal, in ranges of the front of known ones. A point is as far as
    the largest of its losses, each as a multiple of its share in the direction (M, sum 1).
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
        smooth = torch.nn.functional.softplus(steps) + _FAT / (1 + steps.square())
        return torch.log(smooth.mean(dim=-1))

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
