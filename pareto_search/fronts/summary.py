"""How a sweep stands, from its directory alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pareto_search.fronts.front import complete_trials, front_of
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.objective import Objective, reference_losses
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord, count_failures
from pareto_search.storage.lock import is_running


@dataclass(frozen=True, slots=True)
class SweepSummary:
    """How the sweep `name` stands.

    `constrained` complete trials break a constraint, and `infeasible` failed ones diverged or ran
    out of memory. `state` is ``running`` where a process runs it, ``failed`` where more trials
    failed than the recipe tolerates, ``done`` where nothing is left to run
    or another part of its budget was used up, else ``interrupted``.
    `trials` is the budget; `open` counts trials that began and did not end. `best` maps each
    objective to its best value, in its own direction, and the trial that has it; `last_steps` each
    open trial to its last step.
    """

    name: str
    state: str
    trials: int
    complete: int
    stopped: int
    failed: int
    constrained: int
    infeasible: int
    open: int
    front: int
    hypervolume: float
    started_at: str
    best: Mapping[str, tuple[float, str]]
    last_steps: Mapping[str, int]
    errors: Mapping[str, str]

    @property
    def finished(self) -> int:
        """Trials that have ended, however."""
        return self.complete + self.stopped + self.failed

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "name": self.name,
            "state": self.state,
            "trials": self.trials,
            "finished": self.finished,
            "complete": self.complete,
            "stopped": self.stopped,
            "failed": self.failed,
            "constrained": self.constrained,
            "infeasible": self.infeasible,
            "open": self.open,
            "front": self.front,
            "hypervolume": self.hypervolume,
            "started_at": self.started_at,
            "best": {k: {"value": v, "trial": uid} for k, (v, uid) in self.best.items()},
            "last_steps": dict(self.last_steps),
            "errors": dict(self.errors),
        }


def summarise(directory: SweepDirectory) -> SweepSummary:
    """How the sweep in `directory` stands, running or not."""
    config = directory.config()
    objectives = config.objectives
    records = directory.records()
    ended = {record.uid for record in records}
    begun = {p.uid for p in directory.proposals()} - ended
    front = front_of(records, objectives)
    counts = {state: sum(record.state is state for record in records) for state in TrialState}
    return SweepSummary(
        name=directory.name,
        state=_state(directory, config, records),
        trials=config.budget.trials,
        complete=counts[TrialState.COMPLETE],
        stopped=counts[TrialState.STOPPED],
        failed=counts[TrialState.FAILED],
        constrained=sum(record.is_constrained for record in records),
        infeasible=sum(record.infeasible for record in records),
        open=len(begun),
        front=len(front),
        hypervolume=hypervolume(front.losses, reference_losses(objectives)),
        started_at=str(directory.facts().get("started_at", "")),
        best=best_values(records, objectives),
        last_steps=_last_steps(directory, begun),
        errors={r.uid: r.error for r in records if r.error},
    )


def _state(directory: SweepDirectory, config: SweepConfig, records: Sequence[TrialRecord]) -> str:
    trials = config.budget.trials
    if is_running(directory):
        return "running"
    if config.failures.are_too_many(count_failures(records), trials):
        return "failed"
    is_done = len(records) >= trials or bool(directory.facts().get("used_up"))
    return "done" if is_done else "interrupted"


def best_values(
    records: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> dict[str, tuple[float, str]]:
    """Each objective's best value over the complete trials, and the trial that has it."""
    complete = complete_trials(records, objectives)
    best = {}
    for objective in objectives if complete else ():
        losses = [
            (objective.loss(record.values[objective.name]), record.uid) for record in complete
        ]
        loss, uid = min(losses)
        best[objective.name] = (objective.loss(loss), uid)
    return best


def _last_steps(directory: SweepDirectory, begun: set[str]) -> dict[str, int]:
    steps = dict.fromkeys(sorted(begun), 0)
    for line in directory.reports.each():
        if line.uid in steps:
            steps[line.uid] = max(steps[line.uid], line.step)
    return steps
