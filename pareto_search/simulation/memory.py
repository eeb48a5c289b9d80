"""A sweep's journal and reports in memory: what the ledger writes, without a disk.

The ledger of a real sweep syncs each line to disk before anybody is told, since the process may be
killed at any time. A simulation that is killed is run again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Entry, Journal
from pareto_search.storage.reports import ReportLine, Reports


class MemoryJournal(Journal):
    """Holds the entries in a list."""

    def __init__(self) -> None:
        super().__init__(Path())
        self._entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Keep `entry`."""
        self._entries.append(entry)

    def entries(self) -> list[Entry]:
        """Every entry in order."""
        return list(self._entries)


class MemoryReports(Reports):
    """Keeps nothing: the ledger holds the last report of each running trial itself."""

    def __init__(self) -> None:
        super().__init__(Path())

    def append(
        self,
        uid: str,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: str | None = None,
        at: float | None = None,
    ) -> ReportLine:
        """What the line would say."""
        return ReportLine(uid, step, dict(metrics), checkpoint, at or 0.0)

    def read(self, offset: int = 0, most: int = -1) -> tuple[list[ReportLine], int]:  # noqa: ARG002
        """Nothing."""
        return [], offset


@dataclass(frozen=True, slots=True)
class MemoryDirectory(SweepDirectory):
    """A sweep's directory of which nothing is written; `path` names the sweep alone."""

    path: Path = Path("simulated")
    journal: Journal = field(default_factory=MemoryJournal)
    reports: Reports = field(default_factory=MemoryReports)
