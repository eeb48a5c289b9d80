"""MLflow's client that sends nothing: it counts the requests and the metrics in them."""

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from pareto_search.tracking.client import TrackingClient

_PAIR = re.compile(r"tags\.`([^`]+)` = '([^']*)'")


class CountingMlflow:
    """In place of `mlflow.MlflowClient`. Held: runs made, requests and metrics so far."""

    def __init__(self) -> None:
        self.requests = 0
        self.metrics = 0
        self._runs: list[Any] = []

    def get_experiment_by_name(self, name: str) -> Any:  # noqa: ARG002
        self.requests += 1

    def create_experiment(self, name: str, **_: object) -> str:  # noqa: ARG002
        self.requests += 1
        return "1"

    def create_run(
        self, experiment_id: str, start_time: int, tags: dict[str, str], **_: object
    ) -> Any:
        self.requests += 1
        info = SimpleNamespace(
            run_id=f"{len(self._runs):032x}", status="RUNNING", start_time=start_time,
            end_time=None, experiment_id=experiment_id,
        )  # fmt: skip
        run = SimpleNamespace(info=info, data=SimpleNamespace(tags=tags, params={}, metrics={}))
        self._runs.append(run)
        return run

    def search_runs(self, _ids: Sequence[str], query: str, **_: object) -> Any:
        self.requests += 1
        wanted = _PAIR.findall(query)
        found = [r for r in self._runs if all(r.data.tags.get(key) == v for key, v in wanted)]
        return _Page(found)

    def log_batch(
        self, run_id: str, metrics: Sequence[Any] = (), params: Any = (), tags: Any = ()
    ) -> None:
        self.requests += 1
        self.metrics += len(metrics)
        data = self._runs[int(run_id, 16)].data
        data.tags.update({tag.key: tag.value for tag in tags})
        data.params.update({param.key: param.value for param in params})

    def set_terminated(self, run_id: str, status: str, end_time: int) -> None:
        self.requests += 1
        info = self._runs[int(run_id, 16)].info
        info.status, info.end_time = status, end_time

    def __getattr__(self, name: str) -> Any:
        """Every other method is one request that says nothing."""
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*_: object, **__: object) -> None:
            self.requests += 1

        return call


class _Page(list[Any]):
    """All there is, on one page."""

    token = None


class CountingClient(TrackingClient):
    """The project's own client, with its batches and limits, over one that counts."""

    def __init__(self, tracking_uri: str) -> None:  # noqa: ARG002
        self._client = CountingMlflow()
