"""Following a running sweep from its directory alone, whichever process runs it."""

import time
from collections.abc import Callable

from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Entry, Proposal, Session, TrialRecord
from pareto_search.sweep.moment import Moment


class Following:
    """Looks at the sweep in `directory` again and again.

    Held: the journal as it was when its file last grew, and each trial's last step, so that a
    look costs what is new.
    """

    def __init__(self, directory: SweepDirectory, clock: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._clock = clock
        self._size = -1
        self._entries: list[Entry] = []
        self._offset = 0
        self._steps: dict[str, int] = {}

    def look(self) -> Moment:
        """How the sweep stands now, taking it to be run by a process.

        Times are those of the present session: of what is left, the trials that ended in it tell.
        """
        self._read()
        config = self._directory.config()
        records = {e.uid: e for e in reversed(self._entries) if isinstance(e, TrialRecord)}
        begun = {e.uid for e in self._entries if isinstance(e, Proposal)} - records.keys()
        began_at = max((e.began_at for e in self._entries if isinstance(e, Session)), default=None)
        now = self._clock()
        elapsed_s = 0.0 if began_at is None else now - began_at
        fresh = sum(began_at is not None and r.ended_at >= began_at for r in records.values())
        left = max(0, config.budget.trials - len(records))
        return Moment(
            config,
            sorted(records.values(), key=lambda record: record.proposal.index),
            {uid: self._steps[uid] for uid in sorted(begun & self._steps.keys())},
            elapsed_s,
            elapsed_s / fresh * left if fresh else None,
            f"{len(self._directory.runs())} trials recorded",
            silent=len(begun - self._steps.keys()),
        )

    def _read(self) -> None:
        file = self._directory.path / "journal.jsonl"
        size = file.stat().st_size if file.exists() else 0
        if size != self._size:
            self._entries, self._size = self._directory.journal.entries(), size
        lines, self._offset = self._directory.reports.read(self._offset)
        for line in lines:
            self._steps[line.uid] = max(line.step, self._steps.get(line.uid, 0))
