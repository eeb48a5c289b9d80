"""Ray Tune's search algorithm: what the ledger proposes."""

from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher as TuneSearcher

from pareto_search.errors import SearcherError
from pareto_search.execution.unkept import Unkept
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.storage.journal import Proposal
from pareto_search.trials.asking import Pending
from pareto_search.trials.ledger import Ledger


class LedgerSearch(Unkept, TuneSearcher):
    """Hands the ledger's proposals to Tune, at most one to a worker, and never lets Tune wait.

    Held: the trials handed out and not ended, how many endings were seen, and the error that the
    searcher ended with. Endings go to the ledger through `LedgerCallback`, which knows the error
    of a lost trial.
    """

    def __init__(
        self,
        ledger: Ledger,
        workers: Callable[[], int],
        ahead: Prefetch,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self._ledger = ledger
        self._workers = workers
        self._ahead = ahead
        self._should_stop = should_stop
        self._handed: set[str] = set()
        self._seen = len(ledger.records)
        self.error: SearcherError | None = None

    def suggest(  # type: ignore[override]  # Tune's annotation leaves FINISHED out
        self,
        trial_id: str,  # noqa: ARG002  Tune's name
    ) -> dict[str, Any] | str | None:
        """The next assignment; None: wait; FINISHED: there will be no more."""
        self._learn()
        if len(self._handed) >= self._ahead.workers:
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
        self._handed.add(proposal.uid)
        return {
            "uid": proposal.uid,
            "point": dict(proposal.point),
            "repeat": proposal.repeat,
            "checkpoint": self._ledger.checkpoint_of(proposal.uid),
        }

    def _learn(self) -> None:
        """See which trials have ended, and how many workers there are."""
        self._handed &= self._ledger.running.keys()
        self._ahead.workers = max(self._workers(), 1)
        for record in self._ledger.records[self._seen :]:
            self._ahead.completed(record.elapsed_s, record.ended_at)
            self._seen += 1

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
