"""Sweeps written by hand and a look into MLflow's tables, for the tests of tracking."""

import atexit
import functools
import shutil
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.tracking.client import TrackingClient
from pareto_search.tracking.mirror import Mirror

# MLflow 3.17 maps its tables with a loader strategy that SQLAlchemy 2.1 deprecates.
MLFLOW_WARNINGS = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning"
)
BEGAN = 1_700_000_000.0
RECIPE = {
    "name": "toy",
    "trainable": "trainables.toy:zdt1",
    "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
    "params": {"data": {"layout": "phantom"}, "epochs": 3},
    "space": {"x0": {"type": "float", "low": 0, "high": 1}},
    "baselines": [{"x0": 0.5}],
    "budget": {"trials": 4},
}


class HandSweep:
    """A sweep directory and the moves of a driver in it."""

    def __init__(self, storage: Path, **changes) -> None:
        self.config = SweepConfig.model_validate({**RECIPE, **changes})
        self.directory = SweepDirectory(storage / self.config.name)
        self.directory.path.mkdir(parents=True, exist_ok=True)
        path = self.directory.path
        (path / "recipe.yaml").write_text("name: toy\n")
        (path / "sweep.json").write_text(self.config.model_dump_json(by_alias=True))
        (path / "facts.json").write_text("{}")

    def proposal(self, index: int) -> Proposal:
        return Proposal(index, {"x0": index / 10, "kind": "a"}, index == 0, BEGAN + index)

    def begin(self, index: int) -> None:
        self.directory.journal.append(self.proposal(index))

    def report(self, index: int, step: int, f1: float = 0.5, f2: float = 0.5, **more) -> None:
        metrics = {"f1": f1, "f2": f2, "dice/WT": 1 - f1, **more}
        self.directory.reports.append(f"t{index:04d}", step, metrics)

    def end(
        self, index: int, f1: float = 0.5, f2: float = 0.5, state=TrialState.COMPLETE, **more
    ) -> None:
        fields = {"step": 2, "elapsed_s": 10.0 + index, **more}
        values = {"f1": f1, "f2": f2}
        record = TrialRecord(self.proposal(index), state, values, {"dice/WT": 1 - f1}, **fields)
        self.directory.journal.append(record)

    def trial(self, index: int, f1: float = 0.5, f2: float = 0.5) -> None:
        """A whole trial of two reports."""
        self.begin(index)
        self.report(index, 1, 0.9, 0.9)
        self.report(index, 2, f1, f2)
        self.end(index, f1, f2)


class Store:
    """The tables of an SQLite store, read past MLflow."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.uri = f"sqlite:///{file}"

    def ask(self, query: str, *values) -> list[tuple]:
        connection = sqlite3.connect(self.file)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def everything(self) -> dict[str, list[tuple]]:
        """All rows that recording writes, in order."""
        tables = ("runs", "metrics", "params", "tags", "latest_metrics", "experiments")
        return {table: sorted(map(repr, self.ask(f"SELECT * FROM {table}"))) for table in tables}

    def run_id(self, name: str) -> str:
        ((run_id,),) = self.ask(
            "SELECT run_uuid FROM runs WHERE name = ? AND lifecycle_stage = 'active'", name
        )
        return run_id

    def tags(self, name: str) -> dict[str, str]:
        return dict(self.ask("SELECT key, value FROM tags WHERE run_uuid = ?", self.run_id(name)))

    def params(self, name: str) -> dict[str, str]:
        return dict(self.ask("SELECT key, value FROM params WHERE run_uuid = ?", self.run_id(name)))

    def metric(self, name: str, key: str) -> list[tuple[int, float]]:
        """(step, value) of every row, so that a doubled one shows; NaN is None."""
        return self.ask(
            "SELECT step, CASE WHEN is_nan THEN NULL ELSE value END FROM metrics "
            "WHERE run_uuid = ? AND key = ? ORDER BY step, timestamp",
            self.run_id(name),
            key,
        )

    def statuses(self) -> dict[str, str]:
        return dict(self.ask("SELECT name, status FROM runs WHERE lifecycle_stage = 'active'"))

    def end_s(self, name: str) -> float:
        """When the run ended, in seconds since the epoch."""
        ((end_ms,),) = self.ask("SELECT end_time FROM runs WHERE run_uuid = ?", self.run_id(name))
        return end_ms / 1000

    def active_names(self) -> Counter:
        """How many runs that are not deleted bear each name; more than one is a fault."""
        return Counter(
            name for (name,) in self.ask("SELECT name FROM runs WHERE lifecycle_stage = 'active'")
        )


def make_mirror(sweep: HandSweep, store: Store) -> Mirror:
    """What records `sweep` in `store`, new as after a restart."""
    return Mirror(sweep.directory, sweep.config, store.uri)


def make_store(folder: Path) -> Store:
    """The MLflow store in `folder`; a new one is copied from one made once: making it is slow."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "mlflow.db").exists():
        shutil.copyfile(_template(), folder / "mlflow.db")
    return Store(folder / "mlflow.db")


@functools.cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    client = TrackingClient(f"sqlite:///{folder / 'mlflow.db'}")
    client.search("0", {})
    return folder / "mlflow.db"
