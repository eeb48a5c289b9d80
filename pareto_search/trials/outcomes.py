"""What a searcher is told of a configuration: the endings of all its trials in one."""

import math
from collections.abc import Sequence

import numpy as np

from pareto_search.objective import Objective, to_losses
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.storage.journal import TrialRecord


def outcome_of(records: Sequence[TrialRecord], objectives: Sequence[Objective]) -> Outcome:
    """How the one configuration of `records`, its repeats in any order, ended.

    Infeasible where one repeat failed for another reason than a lost worker: the same parameters
    would fail the same way. Stopped where one was stopped, since the mean of those that were not
    is no fair one. Else complete, with mean losses over the complete repeats and the largest
    violation of each constraint; a failure to be forgotten where every worker was lost.
    """
    step = max(record.step for record in records)
    failed = [record for record in records if record.state is TrialState.FAILED]
    if not all(record.lost for record in failed):
        return Outcome(TrialState.FAILED, is_infeasible=True, step=step)
    if any(record.state is TrialState.STOPPED for record in records):
        return Outcome(TrialState.STOPPED, step=step)
    complete = [record for record in records if record.state is TrialState.COMPLETE]
    if not complete:
        return Outcome(TrialState.FAILED, step=step)
    losses = to_losses([record.values for record in complete], objectives)
    return Outcome(
        TrialState.COMPLETE,
        losses=tuple(losses.mean(axis=0).tolist()),
        violations=tuple(map(max, zip(*(r.violations for r in complete), strict=True))),
        step=step,
        standard_errors=_standard_errors(losses),
    )


def _standard_errors(
    losses: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> tuple[float, ...]:
    """Those of the means of `losses` (N x M), shape M; empty for N = 1, which tells of none."""
    count = len(losses)
    if count == 1:
        return ()
    return tuple((losses.std(axis=0, ddof=1) / math.sqrt(count)).tolist())
