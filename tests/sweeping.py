"""Running the real command line on small recipes, for integration and fault tests."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import yaml
from recording import make_store

from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord

ZDT1 = {
    "name": "toy",
    "trainable": "trainables.toy:zdt1",
    "objectives": [{"name": "f1", "reference": 1.1}, {"name": "f2", "reference": 7.0}],
    "space": {f"x{i}": {"type": "float", "low": 0, "high": 1} for i in range(3)},
    "baselines": [{"x0": 0.5, "x1": 0.5, "x2": 0.5}],
    "budget": {"trials": 8},
}


def write_recipe(folder: Path, base=ZDT1, **changes) -> Path:
    """A recipe in `folder` whose results lie there too."""
    make_store(folder / "results")  # as MLflow would, which takes seconds
    recipe = folder / "recipe.yaml"
    recipe.write_text(yaml.safe_dump({**base, "storage": str(folder / "results"), **changes}))
    return recipe


def command(*arguments: str, module: str = "pareto_search") -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def call(
    folder: Path, *arguments: str, timeout: float = 300, module: str = "pareto_search"
) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(*arguments, module=module), cwd=folder, capture_output=True, text=True,
        timeout=timeout, env=environment(), check=False,
    )  # fmt: skip


def environment() -> dict[str, str]:
    patient = {"RAY_NUM_REDIS_GET_RETRIES": "120"}  # s that Ray may take to start, not 20
    return {**os.environ, **patient, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def start(
    folder: Path, *arguments: str, module: str = "pareto_search", **variables: str
) -> subprocess.Popen:
    """The command in a process group of its own, as a shell starts it."""
    return subprocess.Popen(
        command(*arguments, module=module), cwd=folder, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**environment(), **variables},
        start_new_session=True,
    )  # fmt: skip


def wait_for(condition, timeout: float = 240) -> None:
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the condition did not come true")
        time.sleep(0.05)


def interrupt_when(process: subprocess.Popen, condition, number=signal.SIGINT) -> tuple[str, str]:
    """Signal the whole group, as Ctrl-C on a terminal does, once `condition` holds."""
    wait_for(lambda: condition() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, number)
    return process.communicate(timeout=240)


def steps_of(directory: SweepDirectory) -> dict[str, list[int]]:
    steps: dict[str, list[int]] = {}
    for line in directory.reports.read()[0]:
        steps.setdefault(line.uid, []).append(line.step)
    return steps


def record_counts(directory: SweepDirectory) -> Counter:
    """How many records each trial has in the journal; more than one would be a fault."""
    return Counter(e.uid for e in directory.journal.read() if isinstance(e, TrialRecord))
