"""Where everything of one sweep lies on disk.

::

    STORAGE/NAME/
        recipe.yaml      the recipe as it was given
        sweep.json       the resolved configuration
        facts.json       versions, commit, digests, reference point
        journal.jsonl    proposals and finished trials: the truth
        reports.jsonl    every report of every trial
        warm_start.jsonl what was taken over from earlier sweeps
        mlflow.json      tracking server, parent run and run of each trial
        lock             held by the process that runs the sweep
        writer.json      which process that is, or was the last
        stop             there from when that process is asked to stop until it has
        outputs/         what each trial printed, in a file of its name
        failures/        the traceback of each trial that failed
        figures/         report.html; front and hypervolume history as PNG, HTML and table
        ray/             Ray Tune's own files, with the checkpoints of the trials
    STORAGE/mlflow.db, STORAGE/mlartifacts/    the default MLflow store
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pareto_search.errors import SweepDamagedError, SweepNotFoundError
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.journal import Journal, Proposal, TrialRecord
from pareto_search.storage.reports import Reports
from pareto_search.storage.warm_start import Known, read_known

WARM_START = "warm_start.jsonl"


@dataclass(frozen=True, slots=True)
class SweepDirectory:
    """The directory `path` of one sweep, and typed access to what lies in it."""

    path: Path

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self.path.name

    @property
    def storage(self) -> Path:
        """The directory of all sweeps."""
        return self.path.parent

    @property
    def figures(self) -> Path:
        """Where figures are written."""
        return self.path / "figures"

    @property
    def outputs(self) -> Path:
        """Where what trials print is written."""
        return self.path / "outputs"

    @property
    def report(self) -> Path:
        """The report that a finished sweep leaves among its figures."""
        return self.figures / "report.html"

    @property
    def journal(self) -> Journal:
        """The journal."""
        return Journal(self.path / "journal.jsonl")

    @property
    def reports(self) -> Reports:
        """The reports."""
        return Reports(self.path / "reports.jsonl")

    def config(self) -> SweepConfig:
        """The resolved configuration the sweep was started with.

        Raises:
            SweepDamagedError: it cannot be read.
        """
        content = self.read_json("sweep.json")
        try:
            return SweepConfig.model_validate_json(json.dumps(content))
        except ValueError as error:
            raise self._damaged("sweep.json", error) from error

    def facts(self) -> dict[str, Any]:
        """What was recorded about versions, commit and data when the sweep was started."""
        return self.read_json("facts.json")

    def started_in(self) -> Path:
        """The working directory the sweep was started in, to which its relative paths belong.

        The present one where that is not known or not there.
        """
        place = Path(self.facts().get("cwd", "."))
        return place if place.is_dir() else Path.cwd()

    def proposals(self) -> list[Proposal]:
        """Every trial that was begun, by index."""
        found = {e.index: e for e in self.journal.read() if isinstance(e, Proposal)}
        return [found[index] for index in sorted(found)]

    def records(self) -> list[TrialRecord]:
        """Every finished trial, by index; the first record of a trial counts."""
        return sorted(self.finished(), key=lambda record: record.proposal.index)

    def finished(self) -> list[TrialRecord]:
        """Every finished trial, in the order in which they ended; its first record counts."""
        found: dict[int, TrialRecord] = {}
        for entry in self.journal.read():
            if isinstance(entry, TrialRecord):
                found.setdefault(entry.proposal.index, entry)
        return list(found.values())

    def warm_start(self) -> list[Known]:
        """What was taken over from earlier sweeps, in the order in which the searcher learns it.

        Raises:
            SweepDamagedError: it cannot be read.
        """
        try:
            return read_known(self.path / WARM_START)
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(WARM_START, ValueError(error)) from error

    def runs(self) -> dict[str, str]:
        """MLflow run of each recorded trial: uid to run id; empty before the first was made."""
        runs: dict[str, str] = self.tracking().get("runs", {})
        return runs

    def tracking(self) -> dict[str, Any]:
        """Where MLflow records the sweep: server, experiment, parent run and each trial's."""
        try:
            return self.read_json("mlflow.json")
        except SweepDamagedError:  # a cache that can be found again by tags, not a truth
            return {}

    def read_json(self, name: str) -> dict[str, Any]:
        """The JSON object in the file `name`; empty where there is no such file.

        Raises:
            SweepDamagedError: it is no JSON.
        """
        file = self.path / name
        try:
            content: object = json.loads(file.read_text()) if file.exists() else {}
        except ValueError as error:
            raise self._damaged(name, error) from error
        if not isinstance(content, dict):
            raise self._damaged(name, ValueError("it holds no JSON object"))
        return content

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Put `content` into the file `name`, whole or not at all."""
        file = self.path / name
        partial = file.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as stream:
            stream.write(json.dumps(content, indent=2, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)

    def _damaged(self, name: str, error: ValueError) -> SweepDamagedError:
        reason = str(error).splitlines()[0]
        return SweepDamagedError(
            f"{self.path / name} of sweep `{self.name}` should be as it was written. "
            f"Found it damaged: {reason}. Put it back from a copy, or remove the sweep."
        )


def find_sweep(storage: Path, name: str) -> SweepDirectory:
    """The sweep `name` under `storage`.

    Raises:
        SweepNotFoundError: there is none; the message names those that exist.
    """
    directory = SweepDirectory(storage / name)
    if (directory.path / "sweep.json").exists():
        return directory
    known = ", ".join(sweep.name for sweep in list_sweeps(storage)) or "none"
    raise SweepNotFoundError(
        f"No sweep named `{name}` under {storage}. Sweeps there: {known}. "
        "Name another directory with --storage."
    )


def list_sweeps(storage: Path) -> list[SweepDirectory]:
    """Every sweep under `storage`, by name."""
    return [SweepDirectory(file.parent) for file in sorted(storage.glob("*/sweep.json"))]
