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
    listed = list(records)
    losses = to_losses([record.values for record in listed], objectives)
    finite: list[bool] = np.asarray(np.isfinite(losses).all(axis=1)).tolist()
    found = []
    for rows in _by_point(listed):
        trials = [listed[row] for row in rows]
        kept = [r for r in rows if finite[r] and listed[r].state is TrialState.COMPLETE]
        has_failed = any(t.state is TrialState.FAILED and not t.lost for t in trials)
        if kept and not has_failed:
            complete = tuple(listed[row] for row in kept)
            found.append(Configuration(complete, _mean(complete, objectives), losses[kept]))
    return found


def losses_as_known(
    finished: Sequence[TrialRecord], objectives: Sequence[Objective], repeats: int = 1
) -> npt.NDArray[np.float64]:
    """What each of the N `finished` trials, in the order they ended, adds to a front: N x M losses.

    The trial that ends last of the `repeats` trials of its configuration adds their mean. Rows of
    all others, and of those that are on no front, are NaN.
    """
    if repeats == 1:
        return _losses_of_each(finished, objectives)
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


def loss_of(record: TrialRecord, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """What one trial adds to a front, M losses; None where it is on none."""
    if record.state is not TrialState.COMPLETE or record.is_constrained:
        return None
    row = tuple(o.loss(record.values.get(o.name, math.nan)) for o in objectives)
    return row if all(map(math.isfinite, row)) else None


def has_repeats(records: Sequence[TrialRecord]) -> bool:
    """Whether a point was run more than once, each time with another seed."""
    return any(record.proposal.repeat for record in records)


def _losses_of_each(
    finished: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> npt.NDArray[np.float64]:
    rows = to_losses([record.values for record in finished], objectives)
    complete = TrialState.COMPLETE
    counts = [r.state is complete and not (r.violations and r.is_constrained) for r in finished]
    rows[~(np.array(counts, dtype=bool) & np.isfinite(rows).all(axis=1))] = np.nan
    return rows


def _by_point(records: Sequence[TrialRecord]) -> list[list[int]]:
    """Rows of `records` by configuration: a repeat joins the last that began at its point."""
    if not has_repeats(records):
        return [[row] for row in range(len(records))]
    groups: list[list[int]] = []
    at: dict[str, list[int]] = {}
    for row, record in enumerate(records):
        point = digest(record.proposal.point)
        if record.proposal.repeat and point in at:
            at[point].append(row)
        else:
            at[point] = [row]
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
