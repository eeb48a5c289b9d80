"""A tracking server that asks for a password: recorded with it, a clear notice without."""

import pytest
from recording import MLFLOW_WARNINGS, HandSweep, make_store
from serving import MlflowServer

from pareto_search.tracking.recorder import Recorder

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

PASSWORD = "a-long-password-of-the-test"


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    ini = folder / "auth.ini"
    ini.write_text(
        "[mlflow]\ndefault_permission = EDIT\nadmin_username = keeper\n"
        f"admin_password = {PASSWORD}\ndatabase_uri = sqlite:///{folder / 'auth.db'}\n"
        "auth_cache_ttl_seconds = 60\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    server = MlflowServer(
        folder, make_store(folder).uri, "--app-name", "basic-auth",
        MLFLOW_AUTH_CONFIG_PATH=str(ini), MLFLOW_FLASK_SERVER_SECRET_KEY="of the test",
    )  # fmt: skip
    server.start()
    yield server
    server.kill()


def test_a_wrong_password_is_a_notice_and_the_right_one_then_records_everything(
    tmp_path, server, monkeypatch
):
    sweep, store = HandSweep(tmp_path), make_store(tmp_path / "server")
    sweep.trial(0)
    sweep.trial(1, 0.2, 0.9)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "keeper")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
    refused = Recorder(sweep.directory, sweep.config, server.uri)
    assert refused.close() is False
    assert refused.notice().startswith("8 behind: ")
    assert "401" in refused.notice() or "nauthorized" in refused.notice()
    assert store.active_names() == {}
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    admitted = Recorder(sweep.directory, sweep.config, server.uri)
    assert admitted.close() is True
    assert admitted.notice() == "recorded"
    assert store.active_names() == {"toy": 1, "t0000": 1, "t0001": 1}
    assert store.metric("t0001", "f1") == [(1, 0.9), (2, 0.2)]
    assert store.metric("t0001", "pareto/hypervolume_rank") == [(2, 2.0)]
