"""Ray Tune's search algorithm: what the ledger proposes."""

import time
from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher as TuneSearcher

from pareto_search.errors import SearcherError
from pareto_search.execution.unkept import Unkept
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.storage.journal import Proposal
from pareto_search.trials.asking import Pending
from pareto_search.trials.ledger import Ledger

SHORT_S = 10.0
"""A trial shorter than this may end before the process of another worker has started."""
STARTING_S = 0.3
"""A trial that waits for its worker for longer waits for a new process."""


class LedgerSearch(Unkept, TuneSearcher):
    """Hands the ledger's proposals to Tune, at most one to a worker, and never lets Tune wait.

    Held: the trials handed out and not ended, and when; how many endings were seen; the error that
    the searcher ended with. Endings go to the ledger through `LedgerCallback`, which knows the
    error of a lost trial.
    """

    def __init__(
        self,
        ledger: Ledger,
        workers: Callable[[], int],
        ahead: Prefetch,
        should_stop: Callable[[], bool] = lambda: False,
        *,
        may_queue: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self._ledger = ledger
        self._workers = workers
        self._ahead = ahead
        self._should_stop = should_stop
        self._may_queue = may_queue
        self._handed: dict[str, float] = {}
        self._seen = len(ledger.records)
        self.error: SearcherError | None = None

    def suggest(  # type: ignore[override]  # Tune's annotation leaves FINISHED out
        self,
        trial_id: str,  # noqa: ARG002  Tune's name
    ) -> dict[str, Any] | str | None:
        """The next assignment; None: wait; FINISHED: there will be no more."""
        self._learn()
        if len(self._handed) >= self._ahead.workers + self._is_starving():
            self._ledger.prefetch(self._ahead.number)
            return None
        try:
            proposal = self._next()
        except SearcherError as error:  # Tune would end as by a fault of its own
            self.error = error
            return str(TuneSearcher.FINISHED)
        if proposal is None or self._should_stop():
            return str(TuneSearcher.FINISHED)
        if isinstance(proposal, Pending):
            return None
        self._handed[proposal.uid] = time.monotonic()
        return {
            "uid": proposal.uid,
            "point": dict(proposal.point),
            "repeat": proposal.repeat,
            "checkpoint": self._ledger.checkpoint_of(proposal.uid),
        }

    def _learn(self) -> None:
        """See which trials have ended, and how many workers there are."""
        self._ahead.workers = max(self._workers(), 1)
        for record in self._ledger.records[self._seen :]:
            self._handed.pop(record.uid, None)
            self._ahead.completed(record.elapsed_s, record.ended_at)
            self._seen += 1

    def _is_starving(self) -> bool:
        """Whether one trial more should queue than there are workers, where trials are short.

        Tune gives the worker of a trial that ended to one that waits, and drops the process that
        was being started for it: with none more in the queue, that worker would never come up.
        """
        if self._ahead.workers == 1 or self._ahead.trial_s > SHORT_S or not self._may_queue():
            return False
        latest = time.monotonic() - STARTING_S
        running = self._ledger.running
        return any(
            at < latest and running[uid].started_at is None for uid, at in self._handed.items()
        )

    def _next(self) -> Proposal | Pending | None:
        """The ledger's next proposal; waited for where no trial runs.

        No result could be late then, and Tune would only sleep for a second between two tries.
        """
        proposal = self._ledger.propose()
        while proposal is Pending.WAIT and not self._handed and not self._should_stop():
            proposal = self._ledger.propose()
        return proposal

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing: see `LedgerCallback`."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal is the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the journal is the state."""
