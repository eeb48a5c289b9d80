"""`mlflow.json`: which runs a sweep has and how much of it was sent. Only a cache.

Lost, or of another store, it costs a search by tags and one replay of the files; the store then
holds the same rows as before.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from pareto_search.errors import ParetoSearchError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.redaction import redact

FILE = "mlflow.json"


@dataclass(slots=True)
class Cache:
    """`reports` lines of reports.jsonl and `records` ended trials are in the store.

    `view` is the key of the sweep's shared view, empty where there is none.
    """

    tracking_uri: str
    experiment_id: str = ""
    parent_run_id: str = ""
    view: str = ""
    runs: dict[str, str] = field(default_factory=dict)
    reports: int = 0
    records: int = 0

    def forget(self) -> None:
        """Nothing is in the store."""
        self.parent_run_id, self.view, self.runs = "", "", {}
        self.reports, self.records = 0, 0

    def save(self, directory: SweepDirectory) -> None:
        """Write the file, whole or not at all; nothing where it holds the same already."""
        content = asdict(self)
        content["cursor"] = {"reports": content.pop("reports"), "records": content.pop("records")}
        if content != read_cache(directory):
            directory.write_json(FILE, content)


def load_cache(directory: SweepDirectory, tracking_uri: str) -> Cache:
    """The cache of `directory`; an empty one where there is none for that store."""
    cache, content = Cache(redact(tracking_uri)), read_cache(directory)
    if content.get("tracking_uri") != cache.tracking_uri:
        return cache
    try:
        cursor = content.pop("cursor")
        return Cache(**content, reports=int(cursor["reports"]), records=int(cursor["records"]))
    except (KeyError, TypeError, ValueError):
        return cache


def read_cache(directory: SweepDirectory) -> dict[str, Any]:
    """What the file holds; nothing where it is lost or damaged."""
    try:
        content: object = directory.read_json(FILE)
    except (ParetoSearchError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
