"""The ledger of a running sweep: which trials are due, what they report, how they end.

It joins the searcher, the journal and the reports, and knows nothing of Ray: whatever runs the
trials (Ray Tune here) asks `propose` and calls `start`, `report` and `finish`.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import Outcome, Searcher, TrialState
from pareto_search.space import contains
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord, count_failures
from pareto_search.storage.reports import ReportLine


@dataclass(slots=True)
class _Running:
    """A trial that was proposed: since when it is at work, its last report and checkpoint, error.

    The checkpoint may be older than the report: a trainable need not save at every step.
    """

    proposal: Proposal
    started_at: float | None = None
    last: ReportLine | None = None
    checkpoint: str | None = None
    error: str | None = None
    is_infeasible: bool = False

    def take(self, line: ReportLine) -> None:
        """Its newest report."""
        self.last = line
        self.checkpoint = line.checkpoint or self.checkpoint


@dataclass(slots=True)
class Ledger:
    """Holds the running trials, the trials due again after a resume, and the finished ones.

    Everything held is rebuilt by `restore` from the journal and the reports on disk.
    """

    directory: SweepDirectory
    config: SweepConfig
    searcher: Searcher
    clock: Callable[[], float] = time.time
    running: dict[str, _Running] = field(default_factory=dict)
    records: list[TrialRecord] = field(default_factory=list)
    _due: list[str] = field(default_factory=list)
    _begun: int = 0

    def restore(self) -> None:
        """Replay the journal: the searcher, and the trials that had begun but not ended."""
        for entry in self.directory.journal.read():
            if isinstance(entry, Proposal):
                self._begin(entry)
            elif entry.uid in self.running:
                self._end(entry)
        self._due = list(self.running)
        for line in self.directory.reports.read()[0]:
            if line.uid in self.running:
                self.running[line.uid].take(line)

    def propose(self) -> Proposal | None:
        """The next trial to run: one due again, a baseline, or the searcher's; None: no more."""
        if self._due:
            return self.running[self._due.pop(0)].proposal
        index = self._begun
        if index >= self.config.budget.trials:
            return None
        baselines = self.config.baselines
        is_baseline = index < len(baselines)
        point = baselines[index] if is_baseline else self.searcher.ask(index)
        proposal = Proposal(index, dict(point), is_baseline, self.clock())
        self.directory.journal.append(proposal)
        self._begin(proposal, asked=not is_baseline)
        return proposal

    def checkpoint_of(self, uid: str) -> str | None:
        """Where the last state of the running trial `uid` lies, if it saved one before a resume."""
        checkpoint = self.running[uid].checkpoint
        return str(self.directory.path / checkpoint) if checkpoint else None

    def start(self, uid: str) -> None:
        """Trial `uid` has got its resources and begins to work."""
        if uid in self.running:
            self.running[uid].started_at = self.clock()

    def report(
        self, uid: str, step: int, metrics: Mapping[str, float], checkpoint: Path | None
    ) -> None:
        """Take a report of the running trial `uid`; a step that was already reported is kept."""
        trial = self.running.get(uid)
        if trial is None:
            return
        place = self._relative(checkpoint) if checkpoint else None
        trial.take(self.directory.reports.append(uid, step, metrics, place))

    def fail(self, uid: str, error: str, *, is_infeasible: bool = False) -> None:
        """Note what went wrong in the running trial `uid`, before `finish` is called.

        Infeasible is a trial whose parameters alone are to blame: it diverged, or they need more
        memory than there is. The searcher learns that it failed; but the sweep is sound.
        """
        if uid in self.running:
            self.running[uid].error = error
            self.running[uid].is_infeasible = is_infeasible

    def finish(self, uid: str, *, is_stopped: bool = False) -> TrialRecord | None:
        """End the trial `uid`: into the journal first, then to the searcher.

        Returns its record, or None where the trial had ended before.
        """
        trial = self.running.get(uid)
        if trial is None:
            return None
        record = self._record(trial, is_stopped)
        self.directory.journal.append(record)
        self._end(record)
        return record

    def failures(self) -> int:
        """How many trials have failed, the infeasible ones aside."""
        return count_failures(self.records)

    def has_failed(self) -> bool:
        """Whether more trials have failed than the recipe tolerates."""
        return self.config.failures.are_too_many(self.failures(), self.config.budget.trials)

    def _begin(self, proposal: Proposal, *, asked: bool = False) -> None:
        self._begun = max(self._begun, proposal.index + 1)
        self.running[proposal.uid] = _Running(proposal)
        if not asked and self._is_learnable(proposal):
            self.searcher.adopt(proposal.index, proposal.point)

    def _end(self, record: TrialRecord) -> None:
        del self.running[record.uid]
        self.records.append(record)
        if self._is_learnable(record.proposal):
            losses = None
            if record.state is TrialState.COMPLETE:
                losses = tuple(o.loss(record.values[o.name]) for o in self.config.objectives)
            self.searcher.tell(record.proposal.index, Outcome(record.state, losses))

    def _is_learnable(self, proposal: Proposal) -> bool:
        """A baseline outside the space is recorded, and drawn, but tells the searcher nothing."""
        return contains(self.config.space, proposal.point)

    def _record(self, trial: _Running, is_stopped: bool) -> TrialRecord:
        values, metrics = self._split(trial.last.metrics if trial.last else {})
        error = None if is_stopped else trial.error or self._fault(trial.last, values)
        state = TrialState.STOPPED if is_stopped else TrialState.COMPLETE
        now = self.clock()
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
            infeasible=bool(error) and trial.is_infeasible,
        )

    def _split(self, reported: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        names = [objective.name for objective in self.config.objectives]
        values = {name: reported[name] for name in names if name in reported}
        return values, {key: value for key, value in reported.items() if key not in values}

    def _fault(self, last: ReportLine | None, values: Mapping[str, float]) -> str | None:
        if last is None:
            return "The trainable returned without reporting anything."
        for objective in self.config.objectives:
            if objective.name not in values:
                return f"The last report (step {last.step}) lacks the objective `{objective.name}`."
            if not math.isfinite(values[objective.name]):
                found = values[objective.name]
                return f"Objective `{objective.name}` is {found} in the last report ({last.step})."
        return None

    def _relative(self, checkpoint: Path) -> str:
        root = self.directory.path.resolve()
        place = checkpoint.resolve()
        return str(place.relative_to(root) if place.is_relative_to(root) else place)
