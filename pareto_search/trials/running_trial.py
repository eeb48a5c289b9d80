"""A trial that runs, and the record that is made of it when it ends."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Departure, Proposal, TrialRecord
from pareto_search.storage.reports import ReportLine


@dataclass(slots=True)
class RunningTrial:
    """A trial that was proposed: since when it is at work, its last report and checkpoint, error.

    The checkpoint may be older than the report: a trainable need not save at every step.
    `worked_s` is the time of its earlier starts.
    """

    proposal: Proposal
    started_at: float | None = None
    worked_s: float = 0.0
    last: ReportLine | None = None
    checkpoint: str | None = None
    error: str | None = None
    is_infeasible: bool = False
    is_lost: bool = False

    def start(self, now: float) -> None:
        """It begins to work, or begins again."""
        self.worked_s = self.worked_until(now)
        self.started_at = now

    def take(self, event: ReportLine | Departure) -> None:
        """Its newest report; or it left its worker, and works no more until it begins again."""
        self.checkpoint = event.checkpoint or self.checkpoint
        if isinstance(event, Departure):
            self.worked_s = self.worked_until(event.left_at)
            self.started_at = None
        else:
            self.last = event

    def worked_until(self, now: float) -> float:
        """Seconds of work until `now`, over all its starts."""
        return self.worked_s + (0.0 if self.started_at is None else now - self.started_at)


def record_of(
    trial: RunningTrial, config: SweepConfig, now: float, *, is_stopped: bool
) -> TrialRecord:
    """The record of `trial`, which ends `now`.

    It is complete where its last report holds every objective, each finite; an objective that is
    not finite is a divergence, for which its parameters are to blame.
    """
    values, metrics = _split(trial.last.metrics if trial.last else {}, config)
    fault = None if is_stopped else _fault(trial.last, values, config)
    error = None if is_stopped else trial.error or fault
    state = TrialState.STOPPED if is_stopped else TrialState.COMPLETE
    has_diverged = error == fault and not all(map(math.isfinite, values.values()))
    is_complete = not (error or is_stopped)
    return TrialRecord(
        proposal=trial.proposal,
        state=TrialState.FAILED if error else state,
        values=values,
        metrics=metrics,
        step=trial.last.step if trial.last else -1,
        checkpoint=trial.checkpoint,
        elapsed_s=now - (trial.started_at or trial.proposal.proposed_at),
        ended_at=now,
        error=error,
        infeasible=bool(error) and (trial.is_infeasible or has_diverged),
        lost=bool(error) and trial.is_lost,
        violations=violations_of({**metrics, **values}, config) if is_complete else (),
        worked_s=trial.worked_until(now),
    )


def _split(
    reported: Mapping[str, float], config: SweepConfig
) -> tuple[dict[str, float], dict[str, float]]:
    names = [objective.name for objective in config.objectives]
    values = {name: reported[name] for name in names if name in reported}
    return values, {key: value for key, value in reported.items() if key not in values}


def _fault(last: ReportLine | None, values: Mapping[str, float], config: SweepConfig) -> str | None:
    if last is None:
        return "The trainable returned without reporting anything."
    for objective in config.objectives:
        if objective.name not in values:
            return f"The last report (step {last.step}) lacks the objective `{objective.name}`."
        if not math.isfinite(values[objective.name]):
            found = values[objective.name]
            return f"Objective `{objective.name}` is {found} in the last report ({last.step})."
    return None


def violations_of(reported: Mapping[str, float], config: SweepConfig) -> tuple[float, ...]:
    """By how much each constraint is broken; infinity where its metric was not reported."""
    excess = (constraint.violation(reported) for constraint in config.metric_constraints)
    return tuple(math.inf if math.isnan(value) else value for value in excess)
