"""Which MLflow store a sweep is recorded in, and how this process speaks with it."""

import os
from pathlib import Path
from urllib.parse import quote

DATABASE = "mlflow.db"
ARTIFACTS = "mlartifacts"

ENVIRONMENT = {
    # By default one call to a dead server blocks for 247 s: 7 retries, doubling.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
"""What MLflow reads from the environment of this process; never set over what is set."""


def resolve_tracking_uri(flag: str | None, recipe: str | None, storage: Path) -> str:
    """The store: flag, else recipe, else MLFLOW_TRACKING_URI, else SQLite under `storage`."""
    for uri in (flag, recipe, os.environ.get("MLFLOW_TRACKING_URI")):
        if uri:
            return uri
    return f"sqlite:///{(storage.resolve() / DATABASE).as_posix()}"


def prepare_environment() -> None:
    """Give every variable of `ENVIRONMENT` that is not set its value."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def is_server(uri: str) -> bool:
    """Whether `uri` names a tracking server and not a database.

    >>> is_server("http://127.0.0.1:5000"), is_server("sqlite:////tmp/mlflow.db")
    (True, False)
    """
    return uri.startswith(("http://", "https://"))


def artifact_location(uri: str, storage: Path, experiment: str) -> str | None:
    """Where a new experiment keeps artifacts: under `storage`, or None where a server decides.

    Without it MLflow would put them under the directory the process happened to start in.
    """
    if is_server(uri):
        return None
    return (storage.resolve() / ARTIFACTS / quote(experiment, safe="")).as_uri()
