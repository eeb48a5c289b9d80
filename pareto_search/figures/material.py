"""Everything that the figures and the report of a sweep are made of, read from disk once."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pareto_search.objective import Objective
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.storage.redaction import redact, redact_all
from pareto_search.trials.working_time import time_of_sessions


@dataclass(frozen=True, slots=True)
class Material:
    """A sweep as it lies in `directory`, without passwords.

    `finished` are its ended trials in the order in which they ended, `seconds` those at work until
    each did, none in a journal without times. `tracking` says where MLflow records it, `facts`
    what was known when it was started.
    """

    directory: SweepDirectory
    config: SweepConfig
    finished: tuple[TrialRecord, ...]
    seconds: tuple[float, ...]
    num_begun: int
    tracking: Mapping[str, Any]
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self.directory.name

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The sweep's objectives."""
        return self.config.objectives

    @property
    def records(self) -> list[TrialRecord]:
        """Its ended trials by index."""
        return sorted(self.finished, key=lambda record: record.proposal.index)

    @property
    def runs(self) -> Mapping[str, str]:
        """The MLflow run of each trial that is recorded."""
        runs: Mapping[str, str] = self.tracking.get("runs", {})
        return runs


def load_material(directory: SweepDirectory) -> Material:
    """What lies in `directory`, of a sweep that may be running.

    Raises:
        SweepDamagedError: its configuration or facts cannot be read.
    """
    entries = directory.journal.read()
    found: dict[str, TrialRecord] = {}
    for entry in entries:
        if isinstance(entry, TrialRecord):
            found.setdefault(entry.uid, _without_password(entry))
    finished = tuple(found.values())
    starts = sorted(session.began_at for session in directory.journal.sessions())
    return Material(
        directory=directory,
        config=directory.config(),
        finished=finished,
        seconds=tuple(seconds_at_work(starts, entries, finished)),
        num_begun=len({entry.uid for entry in entries}),
        tracking=_redacted(directory.tracking()),
        facts=_redacted(directory.facts()),
    )


def seconds_at_work(
    starts: Sequence[float],
    entries: Iterable[Proposal | TrialRecord],
    finished: Sequence[TrialRecord],
) -> list[float]:
    """Seconds from the first trial's begin until each of `finished` ended.

    The time between the sessions that began at `starts` (ascending) does not count. Without times
    in the journal, nothing is known of any.
    """
    listed = list(entries)
    begins = [e.proposed_at for e in listed if isinstance(e, Proposal) and e.proposed_at]
    if not begins or not all(record.ended_at for record in finished):
        return []
    first = min(begins)
    known = [max(start, first) for start in starts] or [first]
    before = [0.0]
    for place, start in enumerate(known[1:], start=1):
        earlier = [e for e in listed if _time_of(e) < start]
        before.append(time_of_sessions(known[:place], earlier, ()))
    places = [max(bisect_right(known, record.ended_at) - 1, 0) for record in finished]
    pairs = zip(places, finished, strict=True)
    return [max(0.0, before[at] + record.ended_at - known[at]) for at, record in pairs]


def _time_of(entry: Proposal | TrialRecord) -> float:
    return entry.proposed_at if isinstance(entry, Proposal) else entry.ended_at


def _redacted(content: dict[str, Any]) -> dict[str, Any]:
    redacted = redact_all(content)
    return redacted if isinstance(redacted, dict) else {}


def _without_password(record: TrialRecord) -> TrialRecord:
    return replace(record, error=redact(record.error)) if record.error else record
