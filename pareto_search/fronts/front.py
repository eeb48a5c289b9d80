"""Dominance, and the front of a sweep.

Everything here is on *losses* (N x M: N trials, M objectives, smaller is better). A row with a
non-finite value is never on a front, dominates nothing and is dominated by nothing; such rows are
dropped before any library sees them, since `moocore` keeps an all-NaN row as the whole front.
Equal rows do not dominate each other, so they are kept or dropped together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import moocore
import numpy as np
import numpy.typing as npt

from pareto_search.fronts.configurations import (
    Configuration,
    configurations,
    has_repeats,
    losses_as_known,
)
from pareto_search.objective import Objective, to_losses
from pareto_search.storage.journal import TrialRecord

Losses = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Front:
    """The nondominated configurations of a sweep, the best on the first objective first.

    `losses` (K x M) holds a row for each of the K `configurations`: of a repeated one, its mean.
    Those that are equal on the first objective come in the order of the next ones, then of their
    index.
    """

    objectives: tuple[Objective, ...]
    configurations: tuple[Configuration, ...]
    losses: Losses

    @property
    def members(self) -> tuple[TrialRecord, ...]:
        """A record for each configuration: that of its trial, or their mean."""
        return tuple(configuration.mean for configuration in self.configurations)

    def __len__(self) -> int:
        return len(self.configurations)


def dominates(a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
    """Whether losses `a` (M) are nowhere worse than `b` (M) and somewhere better.

    False where either holds a non-finite value.

    >>> dominates([0.1, 0.5], [0.2, 0.5]), dominates([0.1, 0.5], [0.1, 0.5])
    (True, False)
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return False
    return bool((x <= y).all() and (x < y).any())


def is_on_front(losses: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which of the rows of `losses` (N x M) no other row dominates, shape N.

    >>> is_on_front([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [np.nan, -1.0]])
    array([ True,  True, False,  True, False])
    """
    rows = as_losses(losses)
    finite = np.isfinite(rows).all(axis=1)
    kept = np.zeros(len(rows), dtype=bool)
    if finite.any():
        kept[finite] = moocore.is_nondominated(rows[finite], keep_weakly=True)
    return kept


def nondominated_rank(losses: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Rank of each row of `losses` (N x M), shape N: 0 on the front, -1 where not finite.

    Rank k is the front of what is left without ranks 0 to k - 1.

    >>> nondominated_rank([[0.0, 0.0], [1.0, 1.0], [np.inf, 0.0], [0.0, 2.0]])
    array([ 0,  1, -1,  1])
    """
    rows = as_losses(losses)
    finite = np.isfinite(rows).all(axis=1)
    ranks = np.full(len(rows), -1, dtype=np.int64)
    if finite.any():
        ranks[finite] = moocore.pareto_rank(rows[finite])
    return ranks


def front_of(records: Sequence[TrialRecord], objectives: Sequence[Objective]) -> Front:
    """The front of the `solutions` among `records`; stopped and failed trials are left out."""
    if has_repeats(records):
        found = solutions(records, objectives)
        losses = to_losses([one.mean.values for one in found], objectives)
    else:
        found, losses = _single(records, objectives)
    kept = np.flatnonzero(is_on_front(losses))
    indices = np.array([found[row].mean.proposal.index for row in kept.tolist()], dtype=np.int64)
    order = kept[np.lexsort((indices, *losses[kept].T[::-1]))]
    return Front(tuple(objectives), tuple(found[row] for row in order.tolist()), losses[order])


def _single(
    records: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> tuple[list[Configuration], Losses]:
    """The front where each trial is a configuration by itself; of the others none is made."""
    losses = losses_as_known(records, objectives)
    rows = np.flatnonzero(is_on_front(losses)).tolist()
    found = [Configuration((records[row],), records[row], losses[row : row + 1]) for row in rows]
    return found, losses[rows]


def solutions(
    records: Iterable[TrialRecord], objectives: Sequence[Objective]
) -> list[Configuration]:
    """The configurations among `records` that keep to every constraint, in the given order."""
    found = configurations(records, objectives)
    return [one for one in found if not one.mean.is_constrained]


def complete_trials(
    records: Iterable[TrialRecord], objectives: Sequence[Objective]
) -> list[TrialRecord]:
    """A record for each of the `solutions`: that of its trial, or the mean of its trials."""
    return [one.mean for one in solutions(records, objectives)]


def beating_baseline(records: Sequence[TrialRecord], objectives: Sequence[Objective]) -> list[str]:
    """Names of the complete trials strictly better on *every* objective than *every* baseline.

    A baseline that did not complete is no rival. Empty where no baseline completed. In the order
    of `records`.
    """
    complete = complete_trials(records, objectives)
    baselines = [record.values for record in complete if record.proposal.baseline]
    if not baselines:
        return []
    best = to_losses(baselines, objectives).min(axis=0)
    losses = to_losses([record.values for record in complete], objectives)
    pairs = zip(complete, losses, strict=True)
    return [record.uid for record, row in pairs if (row < best).all()]


def as_losses(losses: npt.ArrayLike) -> Losses:
    """`losses` as an N x M array of floats.

    Raises:
        ValueError: it has another number of dimensions than two.
    """
    rows = np.asarray(losses, dtype=np.float64)
    if rows.ndim != 2:
        raise ValueError(f"`losses` should have shape N x M. Found shape {rows.shape}.")
    return rows
