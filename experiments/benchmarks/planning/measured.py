"""What was measured of a server, a loop and a disk, found among the rows."""

from collections.abc import Sequence

import numpy as np
from driving.rows import Row

from planning.training import METRICS

ASSUMED_SERVING_S = (0.006, 0.00004)
"""Where no server was measured."""


def of(rows: Sequence[Row], part: str, **key: object) -> list[Row]:
    """The rows of `part` that say `key`."""
    return [row for row in rows if row["part"] == part and key.items() <= row.items()]


def serving_s(rows: Sequence[Row]) -> tuple[float, float]:
    """Processor seconds of the server a request, and a metric in it."""
    return _fit(rows, "server_ms") or ASSUMED_SERVING_S


def client_s(rows: Sequence[Row]) -> tuple[float, float]:
    """Processor seconds of the driver a request, and a metric in it, of MLflow's client."""
    return _fit(rows, "client_ms") or (0.0, 0.0)


def sending_s(rows: Sequence[Row]) -> tuple[float, float]:
    """Seconds that the recorder waits for a request, and for a metric in it: both ends work."""
    (server, per_metric), (client, more) = serving_s(rows), client_s(rows)
    return server + client, per_metric + more


def _fit(rows: Sequence[Row], key: str) -> tuple[float, float] | None:
    """A straight line through the least that batches of each size took; None of too few sizes."""
    least: dict[int, float] = {}
    for row in of(rows, "server", clients=1):
        metrics = row["reports"] * len(METRICS)
        least[metrics] = min(least.get(metrics, np.inf), 1e-3 * row[key])
    if len(least) < 2:
        return None
    slope, base = np.polyfit(list(least), list(least.values()), 1)
    return float(base), max(float(slope), 0.0)
