"""The recorder under a virtual clock: the real mirror, over a client that counts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from pareto_search.recipe.config import SweepConfig
from pareto_search.simulation.clock import VirtualClock
from pareto_search.storage.directory import SweepDirectory
from pareto_search.tracking import mirror
from planning.counting import CountingClient, CountingMlflow


@dataclass(frozen=True, slots=True)
class Flush:
    """One pass of the recorder, begun `at` with `behind` reports not sent.

    It took `cpu_s` processor seconds, and `took_s` of the virtual clock.
    """

    at: float
    behind: int
    cpu_s: float
    requests: int
    metrics: int
    took_s: float


@dataclass(slots=True)
class VirtualRecorder:
    """Flushes `interval_s` after the last flush is through, as `Recorder` does.

    A flush takes what the two ends were measured to take for each request and metric; the mirror's
    own processor time is told apart, so that the same case gives the same story. Held: every flush
    after the first, which sends what was there before.
    """

    directory: SweepDirectory
    config: SweepConfig
    clock: VirtualClock
    request_s: float
    metric_s: float
    interval_s: float
    written: Callable[[], int]
    flushes: list[Flush] = field(default_factory=list)
    _mirror: mirror.Mirror = field(init=False)
    _client: CountingMlflow = field(init=False)
    _sent_before: int = field(init=False)

    def __post_init__(self) -> None:
        real, mirror.TrackingClient = mirror.TrackingClient, CountingClient  # type: ignore[misc]
        try:
            self._mirror = mirror.Mirror(self.directory, self.config, "http://counted.invalid")
            self._mirror.sync()
        finally:
            mirror.TrackingClient = real  # type: ignore[misc]
        session = self._mirror._session
        if session is None:
            raise RuntimeError("A sweep that is recorded should have a trial. Found none.")
        self._sent_before = self._mirror._cache.reports - self.written()
        self._client = cast(CountingMlflow, session.client.mlflow)

    def flush(self, _due_s: float) -> None:
        """Send what is new, and come again."""
        requests, metrics = self._client.requests, self._client.metrics
        at, behind = self.clock.now, self.behind
        began = time.thread_time()
        self._mirror.sync()
        cpu_s = time.thread_time() - began
        requests, metrics = self._client.requests - requests, self._client.metrics - metrics
        took_s = requests * self.request_s + metrics * self.metric_s
        self.flushes.append(Flush(at, behind, cpu_s, requests, metrics, took_s))
        self.clock.at(self.clock.now + took_s + self.interval_s, self.flush)

    @property
    def behind(self) -> int:
        """Reports that are written and not in the store."""
        return self.written() - (self._mirror._cache.reports - self._sent_before)
