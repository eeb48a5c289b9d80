"""The door to MLflow's logged models and its registry, in plain Python types.

As in `client`, MLflow's globals are never used: `mlflow.create_external_model` and
`mlflow.pyfunc.log_model` would write to whatever store another part of the process has set.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pareto_search.storage.redaction import redact
from pareto_search.tracking.client import Measurement, Run, TrackingClient

if TYPE_CHECKING:
    from mlflow import entities

EXTERNAL = "mlflow.model.isExternal"
"""MLflow's own mark of a logged model whose files lie elsewhere."""

_VERSIONS = "mlflow.modelVersions"
"""Where MLflow's UI looks for the versions of a logged model."""

_PAGE = 100
_MAX_LENGTH = 6000
"""Of values of tags and params of a logged model: as of a run's params."""


@dataclass(slots=True)
class Model:
    """A logged model as it stands in the store; `place` is where its files lie."""

    id: str
    place: str
    is_ready: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def has_weights(self) -> bool:
        """Whether its files are in the store, all of them."""
        return self.is_ready and self.tags.get(EXTERNAL) != "true"


class ModelStore:
    """Holds the client of an open store. Every method raises what MLflow raises."""

    def __init__(self, client: TrackingClient, experiment_id: str) -> None:
        """Speak of the logged models of one experiment."""
        self._client = client.mlflow
        self._experiment_id = experiment_id

    def search(self, tags: Mapping[str, str]) -> list[Model]:
        """Every logged model that has all of `tags`, oldest first."""
        query = " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())
        found: list[entities.LoggedModel] = []
        token = None
        while True:
            page = self._client.search_logged_models(
                [self._experiment_id], query, max_results=_PAGE, page_token=token
            )
            found += page
            token = page.token
            if not token:
                break
        found.sort(key=lambda model: (model.creation_timestamp, model.model_id))
        return [_as_model(model) for model in found]

    def create(
        self, name: str, run: Run, tags: Mapping[str, str], params: Mapping[str, str]
    ) -> Model:
        """A new logged model that `run` made, not ready yet."""
        made = self._client.create_logged_model(
            self._experiment_id, name, run.id, _short(tags), _short(params), "pareto-search"
        )
        return _as_model(made)

    def measure(self, run: Run, model: Model, rows: Sequence[Measurement]) -> None:
        """Measure the model. Rows that `run` has already are no second rows of it."""
        from mlflow.entities import Metric

        metrics = [Metric(m.key, m.value, m.time_ms, m.step, model_id=model.id) for m in rows]
        self._client.log_batch(run.id, metrics)

    def time_of(self, run: Run, key: str, step: int) -> int | None:
        """When `run` measured `key` at `step`, milliseconds since the epoch; None: it did not."""
        history = self._client.get_metric_history(run.id, key)
        return next((int(row.timestamp) for row in history if row.step == step), None)

    def upload(self, model: Model, folder: Path) -> None:
        """Put what lies in `folder` into the model's files."""
        self._client.log_model_artifacts(model.id, str(folder))
        if EXTERNAL in model.tags:
            self._client.delete_logged_model_tag(model.id, EXTERNAL)
            del model.tags[EXTERNAL]

    def finish(self, run: Run, model: Model, step: int) -> None:
        """Show the model as the output of `run`, and say that it is ready."""
        from mlflow.entities import LoggedModelOutput

        self._client.log_outputs(run.id, [LoggedModelOutput(model.id, max(step, 0))])
        self._client.finalize_logged_model(model.id, "READY")
        model.is_ready = True

    def tag(self, model: Model, tags: Mapping[str, str]) -> None:
        """Bring the tags up to date; nothing is written where they are."""
        changed = {key: text for key, text in _short(tags).items() if model.tags.get(key) != text}
        if changed:
            self._client.set_logged_model_tags(model.id, changed)
            model.tags.update(changed)

    def delete(self, model: Model) -> None:
        """Delete it; MLflow keeps its files until it is cleaned up."""
        self._client.delete_logged_model(model.id)

    def register(
        self,
        name: str,
        model: Model,
        run: Run,
        tags: Mapping[str, str],
        description: str,
        alias: str,
    ) -> int:
        """Make the model the newest version of the registered model `name`; which one it is.

        `alias` then means this version and no other.
        """
        if not self._is_registered(name):
            self._client.create_registered_model(name)
        made = self._client.create_model_version(
            name,
            model.place,
            run.id,
            tags={key: redact(text) for key, text in tags.items()},
            description=redact(description),
            model_id=model.id,
        )
        version = int(made.version)
        self._client.set_registered_model_alias(name, alias, str(version))
        known = json.loads(model.tags.get(_VERSIONS, "[]"))
        self.tag(model, {_VERSIONS: json.dumps([*known, {"name": name, "version": version}])})
        return version

    def _is_registered(self, name: str) -> bool:
        found = self._client.search_registered_models(f"name = '{name}'", max_results=1)
        return bool(found)


def _as_model(found: "entities.LoggedModel") -> Model:
    is_ready = str(found.status) == "READY"
    return Model(found.model_id, found.artifact_location, is_ready, dict(found.tags))


def _short(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: redact(text)[:_MAX_LENGTH] for key, text in texts.items()}
