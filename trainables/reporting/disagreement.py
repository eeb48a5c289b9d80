"""Whether a map of uncertainty is high where raters disagree."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class UncertaintyMatch:
    """How uncertainty follows disagreement over voxels; None where one of them never varies.

    `spearman` is the rank correlation with the variance of the raters' votes, in [-1, 1];
    `auroc` the chance that a voxel they disagree about is the more uncertain of two, in [0, 1].
    """

    spearman: float | None
    auroc: float | None


def match_uncertainty(uncertainty: Values, votes: Values) -> UncertaintyMatch:
    """How `uncertainty` (n voxels) follows the disagreement of `votes` (C x n).

    A vote is the part of the raters in [0, 1] that count a voxel into region c. Disagreement is
    the largest ``4 v (1 - v)`` over regions, which is to votes what `uncertainty_map` is to
    probabilities; raters disagree where it is above 0.

    >>> match_uncertainty(np.array([0.1, 0.9, 0.2]), np.array([[1.0, 0.5, 1.0]])).auroc
    1.0
    """
    disagreement = (4 * votes * (1 - votes)).max(axis=0)
    return UncertaintyMatch(
        _spearman(uncertainty, disagreement), area_under_curve(uncertainty, disagreement > 0)
    )


def area_under_curve(scores: Values, is_positive: npt.NDArray[np.bool_]) -> float | None:
    """The area under the receiver operating characteristic; None where all are of one kind.

    It is the Mann-Whitney statistic over all pairs of a positive and a negative, ties counting
    half (Hanley and McNeil 1982).
    """
    positives = int(np.count_nonzero(is_positive))
    negatives = is_positive.size - positives
    if not positives or not negatives:
        return None
    ranks = stats.rankdata(scores)[is_positive].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def _spearman(a: Values, b: Values) -> float | None:
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(stats.spearmanr(a, b).statistic)
