"""Where a sweep is recorded."""

import os

from pareto_search.tracking.store import (
    ENVIRONMENT,
    artifact_location,
    is_server,
    prepare_environment,
    resolve_tracking_uri,
)


def test_flag_beats_recipe_beats_environment_beats_sqlite(monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment")
    assert resolve_tracking_uri("http://flag", "http://recipe", tmp_path) == "http://flag"
    assert resolve_tracking_uri(None, "http://recipe", tmp_path) == "http://recipe"
    assert resolve_tracking_uri(None, None, tmp_path) == "http://environment"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert resolve_tracking_uri(None, None, tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"


def test_the_default_store_is_absolute(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert resolve_tracking_uri(None, None, tmp_path.relative_to(tmp_path)) == (
        f"sqlite:///{tmp_path}/mlflow.db"
    )


def test_the_environment_is_completed_and_never_overwritten(monkeypatch):
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "99")
    prepare_environment()
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "99"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_artifacts_lie_under_the_storage_unless_a_server_decides(tmp_path):
    location = artifact_location("sqlite:///x.db", tmp_path, "a/b c")
    assert location == (tmp_path / "mlartifacts" / "a%2Fb%20c").as_uri()
    assert artifact_location("https://server", tmp_path, "a") is None
    assert is_server("https://server")
