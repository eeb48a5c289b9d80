"""Paired differences of few cases: interval, test, and correction for many tests."""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

Differences = npt.NDArray[np.float64]

RESAMPLES = 9999


def bootstrap_interval(
    apart: Differences, seed: int, level: float = 0.95
) -> tuple[float, float] | None:
    """The bootstrap interval of the mean of `apart` (n,); None for fewer than two cases.

    Cases are drawn anew with their pair, so what is alike in both models stays alike. It is the
    bias-corrected and accelerated interval (Efron 1987) of SciPy; where that is not defined, the
    percentiles. Below some 20 cases it is too narrow: 95 % is then what it aims at.
    """
    if len(apart) < 2:
        return None
    if np.ptp(apart) == 0:
        return float(apart[0]), float(apart[0])
    low, high = _interval(apart, seed, level, "BCa")
    if not np.isfinite([low, high]).all():
        low, high = _interval(apart, seed, level, "percentile")
    return low, high


def signed_rank_p(apart: Differences) -> float:
    """Two-sided p of the Wilcoxon signed-rank test that `apart` (n,) is symmetric about 0.

    Zeros take part in the ranking (Pratt 1959), which is the cautious way. Where all are 0 it
    is 1.
    """
    if not np.any(apart):
        return 1.0
    return float(stats.wilcoxon(apart, zero_method="pratt").pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """`p_values` corrected for their number, so that the chance of any false one keeps its level.

    Of m values sorted upwards, the k-th (from 0) times m - k, never below the one before it, at
    most 1. No assumption is made about how the tests depend on each other.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    rising = np.maximum.accumulate(np.asarray(p_values, dtype=float)[order] * factors)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(rising, 1.0)
    return [float(p) for p in corrected]


def _interval(apart: Differences, seed: int, level: float, method: str) -> tuple[float, float]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # the caller looks for NaN
        low, high = stats.bootstrap(
            (apart,),
            np.mean,
            n_resamples=RESAMPLES,
            batch=1000,
            confidence_level=level,
            method=method,
            random_state=np.random.default_rng(seed),
        ).confidence_interval
    return float(low), float(high)
