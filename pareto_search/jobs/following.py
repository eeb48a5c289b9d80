"""A job's log to its end, through connections that end early."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from pareto_search.errors import UnreachableError
from pareto_search.jobs.job import Job

PATIENCE_S = 300.0
"""A cluster that has not answered for so long is given up; its job may go on."""

_PAUSE_S = 1.0


class Cluster(Protocol):
    """What is asked of a cluster: see `pareto_search.jobs.dashboard.Dashboard`."""

    def job(self, job_id: str) -> Job:
        """How that job stands now."""
        ...

    def log(self, job_id: str) -> str:
        """All that the job has said until now."""
        ...

    def tail(self, job_id: str, take: Callable[[str], None]) -> None:
        """Hand its log from the beginning to `take`, until the connection ends."""
        ...


class Follower:
    """Hands the log of a job to `write`, each character once. Held: how many there were."""

    def __init__(
        self,
        cluster: Cluster,
        write: Callable[[str], None],
        notice: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`notice` is told in a sentence when the cluster does not answer."""
        self._cluster = cluster
        self._write = write
        self._notice = notice
        self._clock = clock
        self._pause = pause
        self._written = 0
        self._seen = 0

    def follow(self, job_id: str) -> Job:
        """Write the log until the job has ended; returns how it did.

        Raises:
            UnreachableError: the cluster did not answer for `PATIENCE_S`.
        """
        while True:
            self._seen = 0
            self._cluster.tail(job_id, self._take)
            job = self._patiently(lambda: self._cluster.job(job_id))
            if job.has_ended:
                self._seen = 0
                with suppress(UnreachableError):
                    self._take(self._cluster.log(job_id))  # what an early end has cut off
                return job
            self._pause(_PAUSE_S)

    def _take(self, piece: str) -> None:
        """Write what of `piece`, the next of this connection, no earlier one has brought."""
        new = piece[max(0, self._written - self._seen) :]
        self._seen += len(piece)
        if new:
            self._written = self._seen
            self._write(new)

    def _patiently(self, ask: Callable[[], Job]) -> Job:
        lost_at: float | None = None
        while True:
            try:
                return ask()
            except UnreachableError as error:
                if lost_at is None:
                    lost_at = self._clock()
                    self._notice(f"{error} Trying again.")
                if self._clock() - lost_at > PATIENCE_S:
                    raise
                self._pause(_PAUSE_S)
