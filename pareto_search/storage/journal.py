"""The journal of a sweep: an append-only file of JSON lines, the truth for fronts and resuming.

Four kinds of line: a `Session` when a process begins to run the sweep, a `Proposal` when a trial
begins, a `Departure` when it leaves its machine, a `TrialRecord` when it has ended. Each is written
and synced before anybody is told, so what a process did before it was killed is known.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pareto_search.searchers.protocol import TrialState
from pareto_search.space import Scalar
from pareto_search.storage.lines import append_line


@dataclass(frozen=True, slots=True)
class Session:
    """A process began to run the sweep, at `began_at` seconds since the epoch."""

    began_at: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Trial `index` was given `point`; `proposed_at` is seconds since the epoch.

    `known` trials had ended when the searcher was asked for the point, which may be earlier than
    the trial began; -1 in journals of old: all that had ended by then. `repeat` trials before
    this one had the very same point: it is added to the seed.
    """

    index: int
    point: Mapping[str, Scalar]
    baseline: bool = False
    proposed_at: float = 0.0
    known: int = -1
    repeat: int = 0

    @property
    def uid(self) -> str:
        """The trial's name, unique in its sweep and the same after every resume."""
        return f"t{self.index:04d}"


@dataclass(frozen=True, slots=True)
class Departure:
    """Trial `uid` left its machine, at `left_at` seconds since the epoch, to carry on elsewhere.

    `checkpoint` is where its state was saved then, relative to the sweep's directory where it lies
    inside it; None where there was nothing to save since its last report.
    """

    uid: str
    left_at: float
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A finished trial.

    `values` are the objectives in their own direction at the last report, `metrics` everything
    else that report carried, `step` its step; `checkpoint` the last one's path, relative to the
    sweep's directory where it lies inside it; `elapsed_s` wall time from its start (the
    last one where it was resumed) to its end, `worked_s` that of all its starts (None in
    journals of old); `ended_at` is
    seconds since the epoch.

    `error` says why it failed; `infeasible` that its parameters alone are to blame, `lost` that
    they are not: its worker was lost. `violations` of a complete trial holds, for each declared
    constraint on metrics, by how much it was broken: at most 0 where it was kept, infinity where
    the metric was not reported.
    """

    proposal: Proposal
    state: TrialState
    values: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    step: int = -1
    checkpoint: str | None = None
    elapsed_s: float = 0.0
    ended_at: float = 0.0
    error: str | None = None
    infeasible: bool = False
    lost: bool = False
    violations: tuple[float, ...] = ()
    worked_s: float | None = None

    @property
    def uid(self) -> str:
        """The trial's name."""
        return self.proposal.uid

    @property
    def is_constrained(self) -> bool:
        """Whether it is complete but breaks a constraint: it is on no front."""
        return any(violation > 0 for violation in self.violations)


Entry = Session | Proposal | Departure | TrialRecord

_KINDS: Mapping[str, type[Entry]] = {
    "session": Session,
    "proposal": Proposal,
    "departure": Departure,
    "record": TrialRecord,
}


class Journal:
    """Appends to one file; holds nothing but its path."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`; it is made at the first line."""
        self._path = path

    def append(self, entry: Entry) -> None:
        """Write one line and sync it to disk before returning."""
        kind = next(kind for kind, made in _KINDS.items() if made is type(entry))
        append_line(self._path, {"kind": kind, **asdict(entry)}, sync=True)

    def read(self) -> "list[Proposal | TrialRecord]":
        """Every trial's begin and end in order."""
        return [entry for entry in self.entries() if isinstance(entry, Proposal | TrialRecord)]

    def sessions(self) -> list[Session]:
        """Every session in order; journals of old have none."""
        return [entry for entry in self.entries() if isinstance(entry, Session)]

    def departures(self) -> list[Departure]:
        """Every departure in order; most journals have none."""
        return [entry for entry in self.entries() if isinstance(entry, Departure)]

    def entries(self) -> list[Entry]:
        """Every entry in order. A torn line (a write cut short) is passed over."""
        return self.read_on(0)[0]

    def read_on(self, offset: int) -> tuple[list[Entry], int]:
        """The entries after byte `offset`, and the offset to read on from.

        A last line that is being written is left for then; one that lacks but its end is read.
        """
        if not self._path.exists():
            return [], offset
        with self._path.open("rb") as file:
            file.seek(offset)
            *lines, last = file.read().split(b"\n")
        end = offset + sum(len(line) + 1 for line in lines)
        if _parse(last) is not None:
            lines, end = [*lines, last], end + len(last)
        return [entry for line in lines if (entry := _parse(line)) is not None], end


def count_failures(records: Iterable[TrialRecord]) -> int:
    """How many failed and were no infeasible ones: those that a sweep tolerates only some of."""
    return sum(map(is_failure, records))


def is_failure(record: TrialRecord) -> bool:
    """Whether it failed, and not by its parameters."""
    return record.state is TrialState.FAILED and not record.infeasible


def _parse(line: bytes) -> Entry | None:
    try:
        fields: dict[str, Any] = json.loads(line)
        kind = _KINDS[fields.pop("kind")]
        if kind is TrialRecord:
            fields["proposal"] = Proposal(**fields["proposal"])
            fields["state"] = TrialState(fields["state"])
            fields["violations"] = tuple(fields.get("violations", ()))
        return kind(**fields)
    except (ValueError, KeyError, TypeError):
        return None
