"""Every report of every trial of a sweep, as an append-only file of JSON lines.

The recorder, the live table and the histories of figures read it; nothing in it decides a
front (that is the journal's). A trial that was resumed may report a step twice: readers keep
the first, so every sink is idempotent by (trial, step).
"""

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pareto_search.storage.lines import append_line

BLOCK_BYTES = 2**22
"""Read at a time, where it is not all: far more than a line has."""

_UID = re.compile(rb'\{"uid": "([^"]+)"')


@dataclass(frozen=True, slots=True)
class ReportLine:
    """Trial `uid` reported `metrics` at `step`; `time` is seconds since the epoch.

    `checkpoint` is the path of the state saved with it, if any, relative to the sweep's
    directory where it lies inside it.
    """

    uid: str
    step: int
    metrics: Mapping[str, float]
    checkpoint: str | None = None
    time: float = 0.0


class Reports:
    """Appends to one file; holds nothing but its path."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`; it is made at the first line."""
        self._path = path

    def append(
        self,
        uid: str,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: str | None = None,
        at: float | None = None,
    ) -> ReportLine:
        """Write one line, of the time `at` or now, and return what it says."""
        at = time.time() if at is None else at
        line = ReportLine(uid, step, dict(metrics), checkpoint, at)
        # not `asdict`, which copies every number of it
        content = {"uid": uid, "step": step, "metrics": line.metrics}
        append_line(self._path, {**content, "checkpoint": checkpoint, "time": at})
        return line

    def read(self, offset: int = 0, most: int = -1) -> tuple[list[ReportLine], int]:
        """The whole lines after byte `offset`, and the offset to read on from.

        Of `most` bytes at most, where it is not negative: it should be more than a line has.
        """
        if not self._path.exists():
            return [], offset
        with self._path.open("rb") as file:
            file.seek(offset)
            block = file.read(most)
        end = block.rfind(b"\n") + 1
        return list(_parse(block[:end])), offset + end

    def each(self) -> Iterator[ReportLine]:
        """Every whole line in order, a few at a time: all of a long sweep would fill the memory."""
        before, offset = -1, 0
        while offset != before:
            before = offset
            lines, offset = self.read(before, BLOCK_BYTES)
            yield from lines

    def of(self, uids: Collection[str]) -> dict[str, list[ReportLine]]:
        """The reports of the trials `uids`, by step; of a step reported twice, the first.

        Lines of other trials are passed over unread, which in a long sweep are most.
        """
        found: dict[str, dict[int, ReportLine]] = {uid: {} for uid in uids}
        if self._path.exists():
            with self._path.open("rb") as file:
                for line in file:
                    if _whose(line) in found:
                        for report in _parse(line):
                            found[report.uid].setdefault(report.step, report)
        return {uid: [steps[step] for step in sorted(steps)] for uid, steps in found.items()}


def _parse(block: bytes) -> Iterator[ReportLine]:
    for line in block.split(b"\n"):
        try:
            yield ReportLine(**json.loads(line))
        except (ValueError, TypeError):
            continue


def _whose(line: bytes) -> str:
    """The trial that a line is of, which is what it says first; nothing where it is torn."""
    match = _UID.match(line)
    return match[1].decode() if match else ""
