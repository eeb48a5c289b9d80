"""What `recording.py` measures: a sweep recorded by us, and by Ray's own callback."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from driving.rows import Row, quantiles

from pareto_search.recipe.config import SearcherConfig, SweepConfig
from pareto_search.searchers import make_searcher, problem_of
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal
from pareto_search.tracking.recorder import Recorder
from pareto_search.tracking.ui import free_port, server_environment
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.ledger import Ledger

CONCURRENT = 8
"""Trials that report in turns."""
START_S = 120.0
CLOSE_S = 3600.0

Size = tuple[int, int, int]
"""Trials, reports of each, and metrics of a report."""


def ours(uri: str, database: Path, folder: Path, size: Size) -> Row:
    """Ledger, reports and recorder of a real sweep; the trials take no time at all.

    `report` is what a report costs the driver's event loop while the recorder's thread sends as
    fast as it can; `reports_a_s` counts from the first trial to the last row in the store.
    """
    trials, reports, _ = size
    directory = SweepDirectory(folder / "recording")
    directory.path.mkdir(parents=True)
    config = _config(trials)
    directory.write_json("sweep.json", config.model_dump(mode="json", by_alias=True))
    searcher = make_searcher(config.searcher, problem_of(config), 0)
    ledger = Ledger(directory, config, InlineAsker(searcher))
    ledger.restore()
    recorder = Recorder(directory, config, uri)
    began = time.perf_counter()
    recorder.start()
    costs = [s for _ in range(0, trials, CONCURRENT) for s in _wave(ledger, reports, size)]
    reported_s = time.perf_counter() - began
    if not recorder.close(CLOSE_S):
        raise RuntimeError(f"All should be recorded. Found: {recorder.notice()}")
    took_s = time.perf_counter() - began
    return {
        "report": quantiles(costs),
        "mean_ms": round(1e3 * float(np.mean(costs)), 4),
        "reported_s": round(reported_s, 1),
        "took_s": round(took_s, 1),
        "reports_a_s": round(trials * reports / took_s, 1),
        "lost": trials * reports * size[2] - _count_metrics(database, "mlflow.parentRunId"),
    }


def glue(uri: str, database: Path, folder: Path, size: Size) -> Row:  # noqa: ARG001  alike
    """Ray's MLflowLoggerCallback, driven by hand as Tune's event loop does."""
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    trials, reports, _ = size
    callback = MLflowLoggerCallback(tracking_uri=uri, experiment_name="glue")
    callback.setup()
    costs = []
    began = time.perf_counter()
    for index in range(trials):
        trial = _Trial(f"t{index:04d}", {"x0": index / trials, "x1": 0.5})
        callback.log_trial_start(trial)
        for step in range(1, reports + 1):
            result = {**metrics_of(index, step, size), "training_iteration": step}
            before = time.perf_counter()
            callback.log_trial_result(step, trial, result)
            costs.append(time.perf_counter() - before)
        callback.log_trial_end(trial)
    took_s = time.perf_counter() - began
    # the step is a metric to Ray, which has no other place for it
    expected = trials * reports * (size[2] + 1)
    return {
        "report": quantiles(costs),
        "mean_ms": round(1e3 * float(np.mean(costs)), 4),
        "took_s": round(took_s, 1),
        "reports_a_s": round(trials * reports / took_s, 1),
        "lost": expected - _count_metrics(database, "trial_name"),
    }


class _Trial:
    """As much of Tune's trial as the callback looks at."""

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        self.name, self.config = name, config

    def __str__(self) -> str:
        return self.name


def metrics_of(index: int, step: int, size: Size) -> dict[str, float]:
    """A report: two objectives, of which one does not follow from the other, and other numbers."""
    value = (index + 1) * 1.618034 % 1.0 + 1e-6 * step
    return {
        "f1": value,
        "f2": (index + 1) * 1.414214 % 1.0 + 1.0 / step,
        **{f"metric_{place}": value + place for place in range(size[2] - 2)},
    }


@contextlib.contextmanager
def server(folder: Path) -> Iterator[tuple[str, Path]]:
    """Address and database of a real `mlflow server` over SQLite, with one worker."""
    folder.mkdir(parents=True)
    database = folder / "mlflow.db"
    port = free_port("127.0.0.1", 5600)
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, env=server_environment(f"sqlite:///{database}"), cwd=folder,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _await(address)
        yield address, database
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # its worker too
        process.wait(30)


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[tuple[str, Path]]:
    """Address and file of a database that the client writes to itself."""
    folder.mkdir(parents=True)
    database = folder / "mlflow.db"
    yield f"sqlite:///{database}", database


def _config(trials: int) -> SweepConfig:
    return SweepConfig.model_validate(
        {
            "name": "recording",
            "trainable": "trainables.toy:zdt1",
            "objectives": [{"name": "f1", "reference": 2.0}, {"name": "f2", "reference": 3.0}],
            "space": {f"x{i}": {"type": "float", "low": 0.0, "high": 1.0} for i in range(2)},
            "searcher": SearcherConfig(engine="optuna", kind="random").model_dump(),
            "budget": {"trials": trials},
        }
    )


def _wave(ledger: Ledger, reports: int, size: Size) -> list[float]:
    """Some trials from begin to end, step by step in turns; what each report cost, s."""
    found = [ledger.propose() for _ in range(CONCURRENT)]
    begun = [proposal for proposal in found if isinstance(proposal, Proposal)]
    costs = []
    for step in range(1, reports + 1):
        for proposal in begun:
            metrics = metrics_of(proposal.index, step, size)
            before = time.perf_counter()
            ledger.report(proposal.uid, step, metrics, None)
            costs.append(time.perf_counter() - before)
    for proposal in begun:
        ledger.finish(proposal.uid)
    return costs


def _count_metrics(database: Path, tag: str) -> int:
    """Rows that were reported to all runs that have `tag`, counted past MLflow.

    The place of a trial, which the recorder adds by itself, is none of them.
    """
    query = (
        "SELECT count(*) FROM metrics WHERE key NOT LIKE 'pareto/%' AND run_uuid IN "
        "(SELECT run_uuid FROM tags WHERE key = ?)"
    )
    with contextlib.closing(sqlite3.connect(database)) as connection:
        ((count,),) = connection.execute(query, (tag,)).fetchall()
    return int(count)


def _await(address: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/health", timeout=2).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"The server at {address} should come up in {START_S:g} s.")
