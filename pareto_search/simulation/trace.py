"""What happened in a simulated sweep, and how well its workers were used."""

from dataclasses import dataclass, field
from enum import StrEnum

from pareto_search.storage.journal import TrialRecord


class EventKind(StrEnum):
    """What happened to a trial."""

    START = "start"
    REPORT = "report"
    LOST = "lost"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """At `time_s` of the virtual clock, `kind` happened to trial `uid`, at `step`."""

    time_s: float
    kind: EventKind
    uid: str
    step: int = 0


@dataclass(slots=True)
class Trace:
    """Everything that happened, in order.

    - `records`: the finished trials, in the order in which they ended;
    - `work`: for each time a trial was on a worker, from when to when, in virtual seconds;
    - `ask_s`: seconds that the searcher really took for each proposal, in their order;
    - `propose_s`: seconds that the ledger really took to hand each trial out, which includes the
      searcher's where the proposal was not made ahead;
    - `result_s`: seconds that handling each ending really took: its last report and its end, with
      the searcher told and the trial judged; in the order of endings.
    """

    workers: int
    events: list[Event] = field(default_factory=list)
    records: list[TrialRecord] = field(default_factory=list)
    work: list[tuple[float, float]] = field(default_factory=list)
    ask_s: list[float] = field(default_factory=list)
    propose_s: list[float] = field(default_factory=list)
    result_s: list[float] = field(default_factory=list)

    @property
    def makespan_s(self) -> float:
        """Virtual seconds from the first decision to the end of the last trial."""
        return max((end for _, end in self.work), default=0.0)

    def utilisation(self, until_s: float | None = None) -> float:
        """Part of the workers' time in which they worked, up to `until_s` (default: the makespan).

        NaN where no time has passed.
        """
        limit = self.makespan_s if until_s is None else until_s
        busy = sum(max(min(end, limit) - begin, 0.0) for begin, end in self.work)
        return busy / (self.workers * limit) if limit > 0 else float("nan")

    @property
    def last_start_s(self) -> float:
        """When the last trial was started: from then on workers are idle for want of trials."""
        return max((begin for begin, _ in self.work), default=0.0)
