"""Whether a difference of hypervolumes may be luck."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from pareto_search.comparison.volumes import Array, Volume

SIGNIFICANT = 0.05
_PERMUTATIONS = 9999


@dataclass(frozen=True, slots=True)
class Significance:
    """Two-sided `p` of no difference in hypervolume, by `method`; None where nothing can tell.

    `corrected` is `p` after Holm's correction for all pairs that were tested, and `least` is the
    smallest such p that so few runs can reach. Where it `is_over_trials`, only the seeds of trials
    are taken to be luck, and not what the search found.
    """

    method: str
    p: float | None = None
    corrected: float | None = None
    least: float | None = None
    is_over_trials: bool = False

    @property
    def is_significant(self) -> bool:
        """Whether `corrected` is at most `SIGNIFICANT`."""
        return self.corrected is not None and self.corrected <= SIGNIFICANT


def judge_volumes(first: Volume, second: Volume) -> Significance:
    """Whether the hypervolumes of two contestants differ by more than luck.

    With two runs or more each, by the Mann-Whitney U test over runs. With one run each, both of
    repeated trials, by their `draws`: over the seeds of trials only. Else nothing can tell.
    """
    counts = len(first.values), len(second.values)
    if min(counts) > 1:
        p = rank_p(first.values, second.values)
        least = min(1.0, 2 / math.comb(sum(counts), counts[0]))
        return Significance("Mann-Whitney U over sweeps", p, p, least)
    if counts == (1, 1) and first.draws is not None and second.draws is not None:
        p = _draws_p(first.draws - second.draws)
        least = 2 / (len(first.draws) + 1)
        return Significance("bootstrap over the seeds of trials", p, p, least, is_over_trials=True)
    return Significance("no test: one sweep alone tells nothing of luck")


def rank_p(first: Array, second: Array) -> float:
    """Two-sided p of the Mann-Whitney U test that `first` and `second` scatter alike.

    Exact, without ties at any size, with ties for up to 9999 ways to share out the runs, else of
    as many drawn ones.
    """
    together = np.concatenate([first, second])
    if np.ptp(together) == 0:
        return 1.0
    has_ties = len(np.unique(together)) < len(together)
    generator = np.random.default_rng(0)
    by_permutation = stats.PermutationMethod(n_resamples=_PERMUTATIONS, rng=generator)
    method = by_permutation if has_ties else "exact"
    return float(stats.mannwhitneyu(first, second, method=method).pvalue)


def correct(judged: Sequence[Significance]) -> list[Significance]:
    """`judged` with Holm's correction for as many as have a p.

    Of m values of p sorted upwards, the k-th (from 0) times m - k, never below the one before it,
    at most 1; Holm, Scandinavian Journal of Statistics 6 (1979).

    >>> found = [Significance("", p=0.01), Significance("", p=0.04), Significance("")]
    >>> [one.corrected for one in correct(found)]
    [0.02, 0.04, None]
    """
    tested = [(one.p, place) for place, one in enumerate(judged) if one.p is not None]
    corrected, before = list(judged), 0.0
    for done, (p, place) in enumerate(sorted(tested)):
        before = max(before, min(1.0, p * (len(tested) - done)))
        least = judged[place].least
        if least is not None:
            least = min(1.0, least * len(tested))
        corrected[place] = replace(judged[place], corrected=before, least=least)
    return corrected


def _draws_p(differences: Array) -> float:
    """Twice the smaller part of draws on either side of 0; never quite 0, as draws are few."""
    above, below = (int((sign * differences >= 0).sum()) for sign in (1, -1))
    return min(1.0, 2 * (min(above, below) + 1) / (len(differences) + 1))
