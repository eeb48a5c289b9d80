"""What each resource is asked for by a stretch of a sweep, and what it has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from driving.rows import Row

from planning.measured import client_s, of, sending_s
from planning.training import METRICS

SIZES = (15_849_308, 150_000_000)
"""Bytes of a checkpoint: of the default network, as measured, and of one planned for."""
SYNC_MS = 2.0
"""A sync on shared storage, where none was measured."""
STORAGE_MB_S = 1250.0
"""Assumed: shared storage behind one link of 10 Gbit/s."""
FILES_MB_S = 100.0
"""Assumed: what one appending writer gets of shared storage."""
DROPPERS = 8
"""Threads of `execution.dropping`."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that a sweep needs: what it is asked for, of how much, and whence both are known.

    `load` tells it of a row of `stretch`, in `unit`; `remedy` is what to do where it is short.
    """

    name: str
    unit: str
    capacity: float
    source: str
    load: Callable[[Row], float]
    remedy: str

    def used(self, row: Row) -> float:
        """Part of the capacity; above 1 it gives way."""
        return self.load(row) / self.capacity


@dataclass(frozen=True)
class Measured:
    """The rows that a plan is made of, and what follows from them."""

    rows: Sequence[Row]

    def tune_s(self, workers: int) -> float:
        """Seconds of the loop's thread that Ray Tune itself takes a result: the least measured.

        0 where it was not measured.
        """
        found = of(self.rows, "tune", workers=workers)
        return min((1e-3 * row["thread_ms"] for row in found), default=0.0)

    @cached_property
    def sync_s(self) -> float:
        """Seconds of a sync."""
        return min((1e-3 * row["p50_ms"] for row in of(self.rows, "disk")), default=1e-3 * SYNC_MS)

    def ask_s(self, workers: int) -> float:
        """Seconds of a proposal, of the searcher's process, by mean."""
        found = of(self.rows, "whole", workers=workers) or of(self.rows, "whole")
        return float(found[0]["ask_s"] / found[0]["trials"]) if found else 0.0

    def drop_s(self, num_bytes: int) -> float:
        """Seconds in which the disk drops a checkpoint."""
        found = of(self.rows, "drop")
        near = min(found, key=lambda row: abs(row["bytes"] - num_bytes), default=None)
        return 1e-3 * float(near["p50_ms"]) if near else 0.0

    def loop(self, row: Row) -> float:
        """Seconds a second in which Tune's loop is at work or waits for a sync."""
        tune = self.tune_s(row["workers"]) * row["results_a_s"]
        return tune + float(row["loop_share"]) + self.sync_s * _syncs(row)

    def interpreter(self, row: Row) -> float:
        """Seconds a second in which the driver's interpreter computes: loop and recorder."""
        client, more = client_s(self.rows)
        sent = client * row["requests_a_s"] + more * row["metrics_a_s"]
        tune = self.tune_s(row["workers"]) * row["results_a_s"]
        return float(tune + row["loop_share"] + row["recorder_share"] + sent)

    def tracking(self, row: Row) -> float:
        """Part of the recorder's time that it needs to be `LATE_S` late at most.

        Metrics take their time however they come; requests are fewer the later they are, for all
        that a trial reported meanwhile goes as one.
        """
        request_s, metric_s = sending_s(self.rows)
        requests = min(row["requests_a_s"], row["workers"] / LATE_S)
        reports = len(METRICS) * row["results_a_s"]
        return float(requests * request_s + reports * metric_s)


LONGER = "fewer and longer epochs (`params.steps_per_epoch`): each is a report"

LATE_S = 60.0
"""Bearable between a report and its metrics in the store."""


def resources(found: Measured) -> list[Resource]:
    """Every resource of the plan, with what was measured."""
    request_s, metric_s = sending_s(found.rows)
    server = f"one connection: {1e3 * request_s:.1f} ms a request, {1e6 * metric_s:.0f} us a metric"
    return [
        Resource(
            "event loop of Ray Tune: Tune, our callback, syncs", "core", 1.0,
            "measured: Tune's thread, ours, the disk", found.loop,
            f"{LONGER}: Tune looks through all workers' answers for each report",
        ),
        Resource(
            "driver's interpreter: loop and recorder", "core", 1.0, "measured; one for both",
            found.interpreter, LONGER,
        ),
        Resource(
            "tracking server, a minute late at most", "of the recorder's time", 1.0,
            f"measured: {server}", found.tracking,
            f"{LONGER}, or fewer metrics; a larger flush interval saves little, for the recorder "
            "sends what came meanwhile as one request by itself; several connections to a server "
            "of several workers (on PostgreSQL, for SQLite has one writer) are not built",
        ),
        Resource(
            "syncs of the journal", "a second", 1 / found.sync_s,
            f"measured: {1e3 * found.sync_s:.2f} ms each", _syncs,
            "longer trials; a local disk with the sweep's directory copied",
        ),
        Resource(
            "journal and reports", "MB a second", FILES_MB_S, "assumed", _files,
            LONGER,
        ),
        Resource(
            "the searcher's process", "core", 1.0, "measured: default searcher, 10 000 trials",
            lambda row: row["starts_a_s"] * found.ask_s(row["workers"]),
            "searcher.kind: nsga2, which `auto` takes above 1 000 trials",
        ),
        *(_checkpoints(size) for size in SIZES),
        *(_dropping(found, size) for size in SIZES),
    ]  # fmt: skip


def _checkpoints(size: int) -> Resource:
    return Resource(
        f"checkpoints of {size / 1e6:.0f} MB, one a report", "MB a second", STORAGE_MB_S,
        "assumed: 10 Gbit/s to shared storage", lambda row: row["results_a_s"] * size / 1e6,
        "`params.save_every: n`: a lost worker then repeats at most n epochs; more links or "
        "servers of storage",
    )  # fmt: skip


def _dropping(found: Measured, size: int) -> Resource:
    return Resource(
        f"dropping checkpoints of {size / 1e6:.0f} MB", "threads", DROPPERS,
        f"measured: {1e3 * found.drop_s(size):.1f} ms each",
        lambda row: row["results_a_s"] * found.drop_s(size), "`params.save_every: n`",
    )  # fmt: skip


def _syncs(row: Row) -> float:
    return float(row["starts_a_s"] + row["ends_a_s"])


def _files(row: Row) -> float:
    return float(sum(row["bytes_a_s"].values()) / 1e6)
