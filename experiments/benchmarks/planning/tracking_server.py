"""What a real `mlflow server` takes of the recorder's batches, and what they cost the recorder."""

import threading
import time

import numpy as np
import psutil
from driving.rows import Row

from pareto_search.tracking.client import Measurement, TrackingClient
from planning.training import METRICS

SETTINGS = ((0, 1), (1, 1), (2, 1), (10, 1), (1, 4))
"""Reports in a batch, as many as a trial made since the last flush (0: a tag alone), and clients
that send at once: the recorder is one."""
RUNS = 20
SECONDS = 5.0


def batches(uri: str, reports: int, clients: int) -> Row:
    """Batches a second that `clients` threads get through, each waiting for its answer.

    `client_ms` is processor time of this process a batch: the recorder's, in the driver;
    `server_ms` that of the server, which on a busy machine says more than the rate does.
    """
    client = TrackingClient(uri)
    experiment = client.experiment(f"plan-{reports}-{clients}", None)
    runs = [client.create_run(experiment, f"r{n}", 0, {}) for n in range(RUNS)]
    counts = [0] * clients
    deadline = time.perf_counter() + SECONDS

    def send(place: int) -> None:
        own = client if clients == 1 else TrackingClient(uri)
        step = 0
        while time.perf_counter() < deadline:
            run = runs[(place + step * clients) % RUNS]
            own.write(run, _rows(place, step, reports), tags={} if reports else {"tag": f"{step}"})
            step += 1
            counts[place] = step

    began, before, served = time.perf_counter(), time.process_time(), _server_s()
    threads = [threading.Thread(target=send, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s, used_s = time.perf_counter() - began, time.process_time() - before
    return {
        "batches_a_s": round(sum(counts) / took_s, 1),
        "metrics_a_s": round(sum(counts) * reports * len(METRICS) / took_s),
        "client_ms": round(1e3 * used_s / sum(counts), 3),
        "server_ms": round(1e3 * (_server_s() - served) / sum(counts), 3),
    }


def _server_s() -> float:
    """Processor seconds that this process's children, which are the server, have used."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(used.user + used.system for used in times)


def _rows(place: int, step: int, reports: int) -> list[Measurement]:
    values = np.random.default_rng([place, step]).random(len(METRICS))
    return [
        Measurement(key, float(value), 1_000 * step, step * reports + n)
        for n in range(reports)
        for key, value in zip(METRICS, values, strict=True)
    ]
