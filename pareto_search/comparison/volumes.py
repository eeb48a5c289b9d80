"""Hypervolumes of contestants, and what is known of luck in them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from pareto_search.comparison.contestants import Contestant, Run
from pareto_search.fronts.front import solutions
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.fronts.luck import pooled_luck
from pareto_search.objective import Objective, reference_losses

Array = npt.NDArray[np.float64]

LEVEL = 0.95
_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Volume:
    """The hypervolume of each run of a contestant (`values`, n), and an interval of `LEVEL`.

    Over two runs or more that is Student's t interval of their mean. For one run whose trials
    were repeated, `draws` are hypervolumes of its front with other luck of the trials' seeds, and
    it holds the middle of them; another search might have found another front, of which it does
    not tell. Else `low` and `high` are NaN.
    """

    values: Array
    low: float = math.nan
    high: float = math.nan
    draws: Array | None = None

    @property
    def mean(self) -> float:
        """The mean over runs."""
        return float(self.values.mean())

    @property
    def basis(self) -> str:
        """What the interval is made from; empty where there is none."""
        if len(self.values) > 1:
            return f"Student's t over {len(self.values)} sweeps"
        return "bootstrap over the seeds of its trials" if self.draws is not None else ""


def volume_of(
    contestant: Contestant,
    objectives: Sequence[Objective],
    first: int | None = None,
    seed: int = 0,
) -> Volume:
    """The hypervolume of `contestant`, of the `first` ended trials of each run or of all.

    Draws of contestants that are compared are independent where their `seed` differs.
    """
    reference = reference_losses(objectives)
    fronts = [run.front(objectives, first) for run in contestant.runs]
    values = np.asarray([hypervolume(front.losses, reference) for front in fronts])
    if len(values) > 1:
        return Volume(values, *t_interval(values))
    draws = volume_draws(contestant.runs[0], objectives, first, seed)
    if draws is None:
        return Volume(values)
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Volume(values, float(low), float(high), draws)


def t_interval(values: Array) -> tuple[float, float]:
    """Student's t interval of `LEVEL` of the mean of `values` (n >= 2).

    For n = 2 it reaches 12.7 standard errors to either side: so little is known then.

    >>> [round(end, 2) for end in t_interval(np.array([0.5, 0.6, 0.7]))]
    [0.35, 0.85]
    """
    reach = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)
    error = values.std(ddof=1) / math.sqrt(len(values))
    return float(values.mean() - reach * error), float(values.mean() + reach * error)


def volume_draws(
    run: Run, objectives: Sequence[Objective], first: int | None = None, seed: int = 0
) -> Array | None:
    """Hypervolumes of the front of `run` had the seeds of its trials fallen otherwise.

    None where no trial was repeated. The true means of the front's members are drawn, see `Luck`.
    Members stay members, so that the draws scatter around what was observed, or a little above it
    where members are close; the front of all drawn means would lie far above. That a member may be
    one by luck is not mended thereby.
    """
    luck = pooled_luck(solutions(run.records(first), objectives))
    if luck is None:
        return None
    front, reference = run.front(objectives, first), reference_losses(objectives)
    counts = np.asarray([len(one.losses) for one in front.configurations], dtype=np.int64)
    generator = np.random.default_rng(seed)
    draws = (luck.draw(front.losses, counts, generator) for _ in range(_DRAWS))
    return np.asarray([hypervolume(drawn, reference) for drawn in draws])
