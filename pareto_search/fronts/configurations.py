"""Trials at one point with different seeds as one configuration: its mean, and how sure that is.

Where nothing is repeated each trial is a configuration by itself, and its mean is its record.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pareto_search.objective import Objective, to_losses
from pareto_search.searchers.protocol import TrialState
from pareto_search.space import digest
from pareto_search.storage.journal import TrialRecord


@dataclass(frozen=True, slots=True)
class Configuration:
    """A point with its n >= 1 complete trials, by index; `losses` is n x M.

    `mean` is the record of the first one, but with the means of the objectives, of the metrics
    that all of them report, and with the largest violations.
    """

    trials: tuple[TrialRecord, ...]
    mean: TrialRecord
    losses: npt.NDArray[np.float64]

    @property
    def standard_errors(self) -> npt.NDArray[np.float64]:
        """Those of the mean losses (and values), shape M; NaN for n = 1, which tells of none."""
        count, objectives = self.losses.shape
        if count == 1:
            return np.full(objectives, np.nan)
        errors: npt.NDArray[np.float64] = self.losses.std(axis=0, ddof=1) / math.sqrt(count)
        return errors


def configurations(
    records: Iterable[TrialRecord], objectives: Sequence[Objective]
) -> list[Configuration]:
    """The configurations with a complete trial, in the order of their first trials in `records`.

    A trial counts where it is complete with every objective finite. A point of which one trial
    failed, other than by a lost worker, is none: it is no solution. One that breaks a constraint
    is: see `TrialRecord.is_constrained` of its mean.
    """
    found = []
    for trials in _by_point(records):
        complete = [record for record in trials if record.state is TrialState.COMPLETE]
        losses = to_losses([record.values for record in complete], objectives)
        finite = np.flatnonzero(np.isfinite(losses).all(axis=1))
        kept = [complete[row] for row in finite]
        has_failed = any(r.state is TrialState.FAILED and not r.lost for r in trials)
        if kept and not has_failed:
            found.append(Configuration(tuple(kept), _mean(kept, objectives), losses[finite]))
    return found


def losses_as_known(
    finished: Sequence[TrialRecord], objectives: Sequence[Objective], repeats: int = 1
) -> npt.NDArray[np.float64]:
    """What each of the N `finished` trials, in the order they ended, adds to a front: N x M losses.

    The trial that ends last of the `repeats` trials of its configuration adds their mean. Rows of
    all others, and of those that are on no front, are NaN.
    """
    rows = np.full((len(finished), len(objectives)), np.nan)
    ended: dict[int, list[TrialRecord]] = {}
    for row, record in zip(rows, finished, strict=True):
        group = ended.setdefault(record.proposal.index // repeats, [])
        group.append(record)
        if len(group) == repeats:
            known = configurations(sorted(group, key=lambda r: r.proposal.index), objectives)
            if len(known) == 1 and not known[0].mean.is_constrained:
                row[:] = known[0].losses.mean(axis=0)
    return rows


def _by_point(records: Iterable[TrialRecord]) -> list[list[TrialRecord]]:
    """`records` by configuration: one that is a repeat joins the last that began at its point."""
    groups: list[list[TrialRecord]] = []
    at: dict[str, list[TrialRecord]] = {}
    listed = list(records)
    is_repeated = any(record.proposal.repeat for record in listed)
    for record in listed:
        point = digest(record.proposal.point) if is_repeated else ""
        if record.proposal.repeat and point in at:
            at[point].append(record)
        else:
            at[point] = [record]
            groups.append(at[point])
    return groups


def _mean(trials: Sequence[TrialRecord], objectives: Sequence[Objective]) -> TrialRecord:
    first = trials[0]
    if len(trials) == 1:
        return first
    shared = set.intersection(*(set(record.metrics) for record in trials))
    return replace(
        first,
        values={o.name: _average([r.values[o.name] for r in trials]) for o in objectives},
        metrics={k: _average([r.metrics[k] for r in trials]) for k in first.metrics if k in shared},
        violations=tuple(map(max, zip(*(r.violations for r in trials), strict=True))),
    )


def _average(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
