"""The ledger of a running sweep: which trials are due, what they report, how they end.

It joins the searcher, the journal and the reports, and knows nothing of Ray: whatever runs the
trials (Ray Tune here) asks `propose` and calls `start`, `report` and `finish`.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import FIRST_TAKEN_OVER
from pareto_search.space import Point, contains, digest
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import (
    Departure,
    Proposal,
    Session,
    TrialRecord,
    is_failure,
)
from pareto_search.storage.reports import ReportLine
from pareto_search.trials.asking import Asker, Pending
from pareto_search.trials.outcomes import outcome_of
from pareto_search.trials.replay import events_of
from pareto_search.trials.running_trial import RunningTrial, record_of
from pareto_search.trials.working_time import time_of_sessions, time_of_trials


@dataclass(slots=True)
class Ledger:
    """Holds the running trials, the trials due again after a resume, and the finished ones.

    Everything held is rebuilt by `restore` from the journal and the reports on disk.

    Trials come in configurations of ``seeds.repeats`` trials with one point. The searcher knows
    a configuration by the index of its first trial, is asked for it once and told of it once,
    when the last of its trials has ended.
    """

    directory: SweepDirectory
    config: SweepConfig
    asker: Asker
    clock: Callable[[], float] = time.time
    running: dict[str, RunningTrial] = field(default_factory=dict)
    records: list[TrialRecord] = field(default_factory=list)
    _failures: int = 0
    _worked_s: float = 0.0
    _before_s: float = 0.0
    _session: Session | None = None
    _due: list[str] = field(default_factory=list)
    _begun: int = 0
    _known: dict[int, int] = field(default_factory=dict)
    _last: Proposal | None = None
    _ended: dict[int, list[TrialRecord]] = field(default_factory=dict)
    _trials_at: Counter[str] = field(default_factory=Counter)

    def restore(self) -> None:
        """Replay the journal: the searcher, and the trials that had begun but not ended.

        Before it the searcher learns what the sweep took over from earlier ones.
        """
        entries = self.directory.journal.read()
        for place, known in enumerate(self.directory.warm_start(), FIRST_TAKEN_OVER):
            self.asker.adopt(place, known.point)
            self.asker.tell(place, known.outcome)
        for event in events_of(entries):
            if isinstance(event, Proposal):
                self._begin(event)
            else:
                self._end(event)
        self._due = list(self.running)
        lines, reported_at = [], []
        for line in self.directory.reports.each():
            reported_at.append(line.time)
            if line.uid in self.running:  # of all others the time is enough, a hundredth of them
                lines.append(line)
        self._restore_states(lines)
        self._restore_times(entries, lines, reported_at)

    def propose(self) -> Proposal | Pending | None:
        """The next trial to run; `Pending.WAIT`: it is not known yet; None: no more.

        One that is due again comes first, then baselines, then what the searcher proposes. The
        first call begins a session, from which on the time of the sweep counts.
        """
        self._begin_session()
        if self._due:
            return self.running[self._due.pop(0)].proposal
        if self._begun >= self.config.budget.trials:
            return None
        proposal = self._repeat() or self._baseline() or self._asked()
        if proposal is None:
            return Pending.WAIT
        self.directory.journal.append(proposal)
        self._begin(proposal, is_live=True)
        return proposal

    def prefetch(self, count: int) -> None:
        """Let the searcher find the next `count` configurations ahead of `propose`.

        None before every baseline has begun, so that the searcher knows of baselines first; none
        past the budget.
        """
        repeats = self.config.seeds.repeats
        first = math.ceil(self._begun / repeats) * repeats
        if first < len(self.config.baselines) * repeats:
            return
        for index in range(first, first + count * repeats, repeats):
            if index < self.config.budget.trials:
                self._request(index)

    def checkpoint_of(self, uid: str) -> str | None:
        """Where the last state of the running trial `uid` lies, if it saved one before a resume."""
        checkpoint = self.running[uid].checkpoint
        return str(self.directory.path / checkpoint) if checkpoint else None

    def start(self, uid: str) -> None:
        """Trial `uid` has got its resources and begins to work, or begins again."""
        if uid in self.running:
            self.running[uid].start(self.clock())

    def report(
        self, uid: str, step: int, metrics: Mapping[str, float], checkpoint: Path | None
    ) -> None:
        """Take a report of the running trial `uid`; a step that was already reported is kept."""
        trial = self.running.get(uid)
        if trial is None:
            return
        place = self._relative(checkpoint) if checkpoint else None
        trial.take(self.directory.reports.append(uid, step, metrics, place, self.clock()))

    def leave(self, uid: str, checkpoint: Path | None) -> None:
        """The running trial `uid` gives up its worker; it will `start` again, from `checkpoint`."""
        if uid in self.running:
            place = self._relative(checkpoint) if checkpoint else None
            departure = Departure(uid, self.clock(), place)
            self.directory.journal.append(departure)
            self.running[uid].take(departure)

    def fail(
        self, uid: str, error: str, *, is_infeasible: bool = False, is_lost: bool = False
    ) -> None:
        """Note what went wrong in the running trial `uid`, before `finish` is called.

        Infeasible is a trial whose parameters alone are to blame: it diverged, or they need more
        memory than there is. The searcher learns to keep away; but the sweep is sound. Lost is
        one whose worker was lost, which says nothing of its parameters: the searcher forgets it.
        Of any other error the searcher learns to keep away too, for nothing runs it again.
        """
        if uid in self.running:
            self.running[uid].error = error
            self.running[uid].is_infeasible = is_infeasible
            self.running[uid].is_lost = is_lost

    def finish(self, uid: str, *, is_stopped: bool = False) -> TrialRecord | None:
        """End the trial `uid`: into the journal first, then to the searcher.

        Returns its record, or None where the trial had ended before.
        """
        trial = self.running.get(uid)
        if trial is None:
            return None
        if uid in self._due:
            self._due.remove(uid)
        record = record_of(trial, self.config, self.clock(), is_stopped=is_stopped)
        self.directory.journal.append(record)
        self._end(record)
        return record

    def failures(self) -> int:
        """How many trials have failed, the infeasible ones aside."""
        return self._failures  # asked for at every event: never counted anew

    def has_failed(self) -> bool:
        """Whether more trials have failed than the recipe tolerates."""
        return self.config.failures.are_too_many(self.failures(), self.config.budget.trials)

    def elapsed_s(self) -> float:
        """Seconds that the sweep has run, in this session and before."""
        return self._before_s + (self.clock() - self._session.began_at if self._session else 0.0)

    def worked_s(self) -> float:
        """Seconds of work of all its trials together, up to now."""
        now = self.clock()
        return self._worked_s + sum(t.worked_until(now) for t in list(self.running.values()))

    def _begin_session(self) -> None:
        if self._session is None:
            self._session = Session(self.clock())
            self.directory.journal.append(self._session)

    def _restore_states(self, reports: Sequence[ReportLine]) -> None:
        """The last report and the last state of each trial that is due again."""
        events: list[ReportLine | Departure] = [*reports, *self.directory.journal.departures()]
        for event in sorted(events, key=_time_of):
            if event.uid in self.running:
                self.running[event.uid].take(event)

    def _restore_times(
        self,
        entries: Sequence[Proposal | TrialRecord],
        reports: Sequence[ReportLine],
        reported_at: Sequence[float],
    ) -> None:
        starts = [session.began_at for session in self.directory.journal.sessions()]
        proposed_at = {uid: trial.proposal.proposed_at for uid, trial in self.running.items()}
        for uid, worked_s in time_of_trials(starts, proposed_at, reports).items():
            self.running[uid].worked_s = worked_s
        self._before_s = time_of_sessions(starts, entries, reported_at)

    def _repeat(self) -> Proposal | None:
        """The last point once more, until it was run ``seeds.repeats`` times."""
        if self._begun % self.config.seeds.repeats == 0 or self._last is None:
            return None
        return self._proposal(self._last.point, self._last.baseline, self._last.known)

    def _baseline(self) -> Proposal | None:
        place = self._begun // self.config.seeds.repeats
        if place >= len(self.config.baselines):
            return None
        return self._proposal(self.config.baselines[place], True, len(self.records))

    def _asked(self) -> Proposal | None:
        """The searcher's next point, or None where it still looks for it."""
        self._request(self._begun)
        point = self.asker.ready(self._begun)
        if point is None:
            return None
        return self._proposal(point, False, self._known.pop(self._begun))

    def _request(self, index: int) -> None:
        if index not in self._known:
            self._known[index] = len(self.records)
            self.asker.request(index)

    def _proposal(self, point: Point, is_baseline: bool, known: int) -> Proposal:
        repeat = self._trials_at[digest(point)]
        return Proposal(self._begun, dict(point), is_baseline, self.clock(), known, repeat)

    def _begin(self, proposal: Proposal, *, is_live: bool = False) -> None:
        self._begun = max(self._begun, proposal.index + 1)
        self._last = proposal
        self._trials_at[digest(proposal.point)] += 1
        self.running[proposal.uid] = RunningTrial(proposal)
        is_first = proposal.index % self.config.seeds.repeats == 0
        is_asked = is_live and not proposal.baseline
        if is_first and not is_asked and self._is_learnable(proposal):
            self.asker.adopt(proposal.index, proposal.point)

    def _end(self, record: TrialRecord) -> None:
        del self.running[record.uid]
        self.records.append(record)
        self._failures += is_failure(record)
        self._worked_s += record.elapsed_s if record.worked_s is None else record.worked_s
        repeats = self.config.seeds.repeats
        first = record.proposal.index // repeats * repeats
        ended = self._ended.setdefault(first, [])
        ended.append(record)
        if len(ended) == repeats:
            del self._ended[first]
            if self._is_learnable(record.proposal):
                self.asker.tell(first, outcome_of(ended, self.config.objectives))

    def _is_learnable(self, proposal: Proposal) -> bool:
        """A baseline outside the space is recorded, and drawn, but tells the searcher nothing."""
        return contains(self.config.space, proposal.point)

    def _relative(self, checkpoint: Path) -> str:
        root, place = self.directory.path, checkpoint
        if not place.is_relative_to(root):  # asks the file system for every part of both
            root, place = root.resolve(), place.resolve()
        return str(place.relative_to(root) if place.is_relative_to(root) else place)


def _time_of(event: ReportLine | Departure) -> float:
    return event.left_at if isinstance(event, Departure) else event.time
