"""What the files of a sweep hold that has not been sent yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.storage.reports import BLOCK_BYTES, ReportLine

LINES_A_SNAPSHOT = 10_000
"""Several from each of a thousand trials: they go as one request a trial, however late it is."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sweep's files at one moment.

    `proposals` by uid; `records` in the order in which trials ended, one a trial; `reports` those
    not sent yet, the first of each (trial, step), from at most `LINES_A_SNAPSHOT` lines of the
    file. With them, `lines` of the file are dealt with. Where `is_complete`, every report that was
    written before any of the records is in here, or was sent.
    """

    proposals: Mapping[str, Proposal]
    records: tuple[TrialRecord, ...]
    reports: tuple[ReportLine, ...]
    lines: int
    is_complete: bool


class Reader:
    """Holds how far the files were read, the trials, reports not dealt with, and the steps sent."""

    def __init__(self, directory: SweepDirectory, lines: int = 0) -> None:
        """Read the files of `directory`; the first `lines` reports are known to be sent."""
        self._directory = directory
        self._offset = 0
        self._lines = 0
        self._known = lines
        self._tail: list[ReportLine] = []
        self._sent: dict[str, set[int]] = {}
        self._journal_offset = 0
        self._proposals: dict[str, Proposal] = {}
        self._records: dict[str, TrialRecord] = {}

    def take(self) -> Snapshot:
        """The files as they are now.

        The journal is read before the reports, so no record comes without the reports before it,
        and again after them, so no report comes without its proposal.
        """
        self._read_journal()
        records = tuple(self._records.values())
        self._read_reports()
        self._read_journal()
        part = self._tail[:LINES_A_SNAPSHOT]
        is_complete = len(part) == len(self._tail) < LINES_A_SNAPSHOT
        lines = self._lines + len(part)
        return Snapshot(dict(self._proposals), records, self._fresh(part), lines, is_complete)

    def sent(self, uid: str, steps: Iterable[int]) -> None:
        """Reports of `uid` at `steps` are in the store: they are never taken again."""
        self._sent.setdefault(uid, set()).update(steps)

    def has_sent(self, uid: str, step: int) -> bool:
        """Whether a report of `uid` at `step` is in the store."""
        return step in self._sent.get(uid, ())

    def advance(self, snapshot: Snapshot) -> None:
        """All reports of `snapshot` are in the store: read on from there."""
        del self._tail[: snapshot.lines - self._lines]
        self._lines = snapshot.lines

    def _read_reports(self) -> None:
        """Read on, unless a snapshot's worth is waiting: the memory for it is bounded."""
        before = -1
        while len(self._tail) < LINES_A_SNAPSHOT and self._offset != before:
            before = self._offset
            lines, self._offset = self._directory.reports.read(before, BLOCK_BYTES)
            self._tail += lines
            self._pass_over_known()

    def _pass_over_known(self) -> None:
        """Of the lines that were sent before this reader was made, only their steps are kept."""
        known = min(max(0, self._known - self._lines), len(self._tail))
        for line in self._tail[:known]:
            self.sent(line.uid, [line.step])
        del self._tail[:known]
        self._lines += known

    def _read_journal(self) -> None:
        """Read on: of thousands of trials, only what is new is parsed."""
        entries, self._journal_offset = self._directory.journal.read_on(self._journal_offset)
        for entry in entries:
            if isinstance(entry, TrialRecord):
                self._proposals.setdefault(entry.uid, entry.proposal)
                self._records.setdefault(entry.uid, entry)
            elif isinstance(entry, Proposal):
                self._proposals.setdefault(entry.uid, entry)

    def _fresh(self, lines: list[ReportLine]) -> tuple[ReportLine, ...]:
        first: dict[tuple[str, int], ReportLine] = {}
        for line in lines:
            if not self.has_sent(line.uid, line.step):
                first.setdefault((line.uid, line.step), line)
        return tuple(first.values())
