"""The door to MLflow's runs, batches and artifacts, in plain Python types.

MLflow's own client objects are used, never its globals (`set_tracking_uri`, `start_run`), so two
sweeps in one process do not meet. MLflow is imported when a client is made, which takes a second;
making the schema of a new SQLite store takes seconds more. Both belong on the recorder's thread.

Texts go out without passwords, whoever wrote them: more people see a store than its URI.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pareto_search.errors import UnreachableError
from pareto_search.storage.redaction import redact, redact_all
from pareto_search.tracking.store import prepare_environment

if TYPE_CHECKING:
    from mlflow import MlflowClient, entities

METRICS_A_BATCH = 800
PARAMS_A_BATCH = 100
TAGS_A_BATCH = 100
"""MLflow's limits are 100 params, 100 tags, and 1000 of all three kinds together."""

_MAX_PARAM_LENGTH = 6000
_MAX_TAG_LENGTH = 8000
_PAGE = 1000


class Measurement(NamedTuple):
    """One value of a metric; `time_ms` since the epoch."""

    key: str
    value: float
    time_ms: int
    step: int


@dataclass(slots=True)
class Run:
    """A run as it stands in the store, kept up to date by whoever writes to it."""

    id: str
    status: str = "RUNNING"
    start_ms: int = 0
    end_ms: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    """The latest value of each."""


class TrackingClient:
    """Holds MLflow's client for one tracking URI. Every method raises what MLflow raises."""

    def __init__(self, tracking_uri: str) -> None:
        """Import MLflow and connect; a new database gets its schema here."""
        prepare_environment()
        # Each retry would be a line on the user's terminal; the recorder's notice says it once.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=tracking_uri)

    @property
    def mlflow(self) -> "MlflowClient":
        """MLflow's own client, for the other doors of this package."""
        return self._client

    def experiment(self, name: str, location: str | None) -> str:
        """The id of the experiment `name`, made with artifacts at `location` where there is none.

        Raises:
            UnreachableError: it is deleted; to undo that is not ours.
        """
        found = self._client.get_experiment_by_name(name)
        if found is None:
            tags = {"mlflow.experimentKind": "custom_model_development"}  # else the page asks
            return str(self._client.create_experiment(name, artifact_location=location, tags=tags))
        if found.lifecycle_stage != "active":
            raise UnreachableError(
                f"An experiment should exist or be new. Found `{name}` deleted in MLflow: restore "
                "it, or give another one in `tracking.experiment`."
            )
        return str(found.experiment_id)

    def create_run(
        self, experiment_id: str, name: str, start_ms: int, tags: Mapping[str, str]
    ) -> Run:
        """A new run."""
        run = self._client.create_run(
            experiment_id, start_time=start_ms, tags=dict(tags), run_name=name
        )
        return Run(run.info.run_id, "RUNNING", start_ms, tags=dict(tags))

    def search(self, experiment_id: str, tags: Mapping[str, str]) -> list[Run]:
        """Every run of the experiment that is not deleted and has all of `tags`, oldest first."""
        query = " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())
        found: list[Run] = []
        token = None
        while True:
            page = self._client.search_runs(
                [experiment_id], query, max_results=_PAGE, page_token=token
            )
            found += [_as_run(run) for run in page]
            token = page.token
            if not token:
                return sorted(found, key=lambda run: (run.start_ms, run.id))

    def write(
        self,
        run: Run,
        metrics: Sequence[Measurement] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Write to `run` in as few batches as MLflow's limits allow."""
        from mlflow.entities import Metric, Param, RunTag

        rows = [Metric(m.key, m.value, m.time_ms, m.step) for m in metrics]
        pairs = [
            Param(key, redact(text)[:_MAX_PARAM_LENGTH]) for key, text in (params or {}).items()
        ]
        labels = [RunTag(key, redact(text)[:_MAX_TAG_LENGTH]) for key, text in (tags or {}).items()]
        for batch in _batches(rows, pairs, labels):
            self._client.log_batch(run.id, *batch)
        run.params.update(params or {})
        run.tags.update(tags or {})
        run.metrics.update({m.key: m.value for m in metrics})

    def end(self, run: Run, status: str, end_ms: int) -> None:
        """Set the end of `run`, unless it has that end already."""
        if (run.status, run.end_ms) != (status, end_ms):
            self._client.set_terminated(run.id, status, end_ms)
            run.status, run.end_ms = status, end_ms

    def revive(self, run: Run) -> None:
        """Set `run` running again where it had ended; MLflow keeps that end until the next."""
        if run.status != "RUNNING":
            self._client.update_run(run.id, status="RUNNING")
            run.status = "RUNNING"

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> None:
        """Set a tag of the experiment, in place of what it was."""
        self._client.set_experiment_tag(experiment_id, key, value)

    def put_dataset(self, run: Run, name: str, digest: str, source: str) -> None:
        """Make a data set an input of `run`; one that is an input already stays one."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        context = InputTag("mlflow.data.context", "training")
        data = Dataset(name[:500], digest[:36], "local", source)
        self._client.log_inputs(run.id, [DatasetInput(data, [context])])

    def delete(self, run: Run) -> None:
        """Delete `run`; MLflow can restore it."""
        self._client.delete_run(run.id)

    def put_file(self, run: Run, file: Path, folder: str | None = None) -> None:
        """Copy `file` into the artifacts of `run`, in place of one of that name."""
        self._client.log_artifact(run.id, str(file), folder)

    def put_text(self, run: Run, path: str, text: str) -> None:
        """Make the artifact `path` of `run` say `text`."""
        self._client.log_text(run.id, text, path)

    def put_table(
        self, run: Run, path: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Make `path` a table that MLflow's viewer renders.

        In the format of `log_table`, which itself would append to a table that is there.
        """
        table = {"columns": list(columns), "data": redact_all(rows)}
        self._client.log_dict(run.id, table, path)
        listed = json.dumps([{"path": path, "type": "table"}])
        self.write(run, tags={"mlflow.loggedArtifacts": listed})


def _as_run(found: "entities.Run") -> Run:
    info, data = found.info, found.data
    return Run(
        info.run_id,
        info.status,
        int(info.start_time or 0),
        int(info.end_time or 0),
        dict(data.tags),
        dict(data.params),
        dict(data.metrics),
    )


def _batches(
    metrics: list[Any], params: list[Any], tags: list[Any]
) -> Iterator[tuple[list[Any], list[Any], list[Any]]]:
    m = p = t = 0
    while m < len(metrics) or p < len(params) or t < len(tags):
        yield (
            metrics[m : m + METRICS_A_BATCH],
            params[p : p + PARAMS_A_BATCH],
            tags[t : t + TAGS_A_BATCH],
        )
        m, p, t = m + METRICS_A_BATCH, p + PARAMS_A_BATCH, t + TAGS_A_BATCH
