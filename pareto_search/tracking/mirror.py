"""The mirror of a sweep in MLflow: what lies in the sweep's files, exactly once.

One parent run a sweep, one child run a trial. The files are the truth and the buffer: whatever
fails is sent again from them, and what was sent twice is one row in the store, since keys, steps,
times and values follow from the files alone.
"""

import logging
import math
import time

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.redaction import redact
from pareto_search.tracking import sending
from pareto_search.tracking.artifacts import put_opening, put_results
from pareto_search.tracking.cache import load_cache
from pareto_search.tracking.client import TrackingClient
from pareto_search.tracking.logged_models import log_front
from pareto_search.tracking.naming import to_ms
from pareto_search.tracking.reader import Reader, Snapshot
from pareto_search.tracking.session import Session, open_experiment, open_session
from pareto_search.tracking.shared_view import put_view
from pareto_search.tracking.standing import FrontHistory, Order, ended_ms, order

_RECORDS_A_SLICE = 100
_MOVES = 25
"""Runs of which nothing but rank or place changed that are written to at a time.

A trial that ends may move all others. So what it costs is bounded, and two hundred trials are in
order again some twenty seconds after the last of them has ended.
"""

_ORDERS = 200
"""Trials are put in order again when more than one in so many has ended since.

All of ten thousand take a quarter of a second of the driver's interpreter.
"""

_log = logging.getLogger(__name__)


class Mirror:
    """Holds the open store, what was read and what was sent; all of it can be found again."""

    def __init__(self, directory: SweepDirectory, config: SweepConfig, tracking_uri: str) -> None:
        """Mirror `directory` into the store at `tracking_uri`, which is not opened yet."""
        self._directory = directory
        self._config = config
        self._uri = tracking_uri
        self._cache = load_cache(directory, tracking_uri)
        self._reader = Reader(directory, self._cache.reports)
        self._history = FrontHistory(config.objectives, config.seeds.repeats)
        self._order, self._is_ordered = Order(), True
        self._client: TrackingClient | None = None
        self._session: Session | None = None

    def sync(self) -> int:
        """Send what is new in the files; the number of trials begun, reports and trials ended.

        A second call sends nothing where the files are the same.

        Raises:
            Exception: whatever MLflow raises. Nothing is lost: the next call looks at the store
                afresh and goes on.
        """
        return self._run(is_last=False)

    def finish(self) -> int:
        """`sync`, then figures, table and note, and the end of every run.

        Trials without an end were interrupted: they are marked so, and go on when the sweep is
        resumed.

        Raises:
            Exception: as `sync`.
        """
        return self._run(is_last=True)

    def log_models(self) -> list[str]:
        """Make the front of a sweep that has ended, and is recorded, logged models.

        Returns:
            Why some are without weights, a sentence each; see `log_front`.

        Raises:
            Exception: as `sync`.
        """
        snapshot, session = self._reader.take(), self._session
        if session is None or len(snapshot.records) < len(snapshot.proposals):
            return []
        return log_front(session, self._directory, self._config, snapshot.records)

    def behind(self) -> int:
        """How many trials begun, reports and trials ended are in the files only.

        Of many reports, the least number.
        """
        snapshot = self._reader.take()
        begun = sum(uid not in self._cache.runs for uid in snapshot.proposals)
        return begun + len(snapshot.reports) + len(snapshot.records) - self._cache.records

    def _run(self, is_last: bool) -> int:
        is_done = False
        try:
            session = self._session or self._open()
            written = self._sync(session) if session else 0
            if session and is_last:
                self._finish(session)
            is_done = True
        finally:
            if not is_done:  # an answer may be lost: look at the store again before writing more
                self._client = self._session = None
            if self._cache.experiment_id:  # else what is known of another store stays known
                self._cache.save(self._directory)
        return written

    def _open(self) -> Session | None:
        """The store, opened; None before the first trial, though a new store gets its schema."""
        if self._client is None:
            self._client = TrackingClient(self._uri)
            self._cache.experiment_id = open_experiment(
                self._client, self._directory, self._config, self._uri
            )
        snapshot = self._reader.take()
        if not snapshot.proposals:
            return None
        self._session = open_session(
            self._client,
            self._directory,
            self._config,
            next(iter(snapshot.proposals.values())),
            self._cache.experiment_id,
            known={self._cache.parent_run_id, *self._cache.runs.values()},
        )
        self._compare(self._session)
        self._history = FrontHistory(self._config.objectives, self._config.seeds.repeats)
        self._history.add(snapshot.records[: self._cache.records])
        self._share(self._session)
        return self._session

    def _share(self, session: Session) -> None:
        """Write the view of the front; its format is MLflow's own affair, so it may fail."""
        try:
            self._cache.view = put_view(session, self._config)
        except Exception as error:  # noqa: BLE001  the rows matter more than a view of them
            reason = redact(str(error))
            _log.warning("MLflow shows no view of the front, only its rows: %s", reason)
        put_opening(session, self._cache.view)

    def _compare(self, session: Session) -> None:
        """Send everything anew where the store lacks a run that was written to."""
        found = {uid: run.id for uid, run in session.children.items()}
        is_same = session.parent.id == self._cache.parent_run_id
        if not is_same or not self._cache.runs.items() <= found.items():
            self._cache.forget()
            self._reader = Reader(self._directory)
        self._cache.parent_run_id = session.parent.id

    def _sync(self, session: Session) -> int:
        written, is_complete = 0, False
        while not is_complete:
            snapshot = self._reader.take()
            written += self._send(session, snapshot)
            is_complete = snapshot.is_complete
            self._cache.save(self._directory)
        return written

    def _send(self, session: Session, snapshot: Snapshot) -> int:
        is_begun = any(uid not in session.children for uid in snapshot.proposals)
        if is_begun or snapshot.reports or len(snapshot.records) > self._cache.records:
            session.client.revive(session.parent)
            session.set_status("running")
        written = sending.send_proposals(session, snapshot)
        self._cache.runs = {uid: run.id for uid, run in session.children.items()}
        sending.send_reports(session, snapshot, self._reader, self._config.scheduler)
        self._reader.advance(snapshot)
        self._cache.reports = snapshot.lines
        ended = self._send_records(session, snapshot) if snapshot.is_complete else 0
        return written + len(snapshot.reports) + ended

    def _send_records(self, session: Session, snapshot: Snapshot) -> int:
        records = snapshot.records[self._history.count :]
        for at in range(0, len(records), _RECORDS_A_SLICE):
            part = records[at : at + _RECORDS_A_SLICE]
            for record in part:
                sending.send_record(session, record, self._reader)
            session.client.write(session.parent, self._history.add(part))
            self._cache.records += len(part)
        if records or not self._is_ordered:
            self._order_anew(snapshot, len(snapshot.records) // _ORDERS)
            self._is_ordered = sending.send_standings(session, self._order, _MOVES)
        return len(records)

    def _order_anew(self, snapshot: Snapshot, late: int = 0) -> None:
        """See how all trials stand, where more than `late` have ended since the last time."""
        if len(snapshot.records) - self._order.count > late:
            self._order = order(snapshot.records, self._config.objectives)

    def _finish(self, session: Session) -> None:
        snapshot = self._reader.take()
        is_interrupted = sending.interrupt(session, snapshot, to_ms(time.time()))
        session.delete_duplicates()
        put_results(session, self._directory, self._config, snapshot.records, self._cache.view)
        if not is_interrupted and snapshot.records:
            is_good = any(r.state is TrialState.COMPLETE for r in snapshot.records)
            end_ms = max(ended_ms(record) for record in snapshot.records)
            session.set_status("finished" if is_good else "failed")
            session.client.end(session.parent, "FINISHED" if is_good else "FAILED", end_ms)
        elif is_interrupted and session.parent.status == "RUNNING":
            session.set_status("interrupted")
            session.client.end(session.parent, "KILLED", to_ms(time.time()))
        self._order_anew(snapshot)
        sending.send_standings(session, self._order, math.inf)  # the most requests come last
