"""MLflow as the manifests start it, word for word, on PostgreSQL and S3-compatible storage."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from urllib.parse import urlsplit

import mlflow
import psycopg
import pytest
from recording import MLFLOW_WARNINGS
from rendered import rendered
from serving import PASSWORD, Bucket, Postgres, free_port
from sweeping import wait_for

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

ADMIN, ADMIN_PASSWORD = "admin", "a-long-password-of-the-test"


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    postgres, bucket = Postgres(), Bucket(folder)
    yield postgres, bucket
    bucket.close()
    postgres.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, stores):
    """The address of the server that the Deployment describes; only its stores are elsewhere."""
    folder, (postgres, bucket) = tmp_path_factory.mktemp("server"), stores
    port, objects = free_port(), {(o["kind"], o["metadata"]["name"]): o for o in rendered().objects}
    pod = objects["Deployment", "mlflow"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    here = {
        "postgresql:5432/mlflow": urlsplit(postgres.uri).netloc.partition("@")[2] + "/postgres",
        "--port=5000": f"--port={port}",
        "localhost:5000": f"127.0.0.1:{port}",
        "$(NAMESPACE)": "pareto",
        "/etc/mlflow": str(folder),
    }
    configured = objects["ConfigMap", "mlflow-authentication"]["data"]["basic_auth.ini"]
    (folder / "basic_auth.ini").write_text(put(configured, here))
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "AWS"))
    }
    environment |= {e["name"]: put(e["value"], here) for e in container["env"] if "value" in e}
    environment |= {**bucket.variables, "MLFLOW_ARTIFACTS_DESTINATION": f"{bucket.uri}/mlflow"}
    environment |= {
        "PGPASSWORD": PASSWORD,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "of the test",
        "MLFLOW_AUTH_ADMIN_USERNAME": ADMIN,
        "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN_PASSWORD,
    }
    words = [put(word, here) for word in (*container["command"], *container["args"])]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env=environment, cwd=folder, stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    wait_for(lambda: process.poll() is not None or answer(f"{address}/health") == HTTPStatus.OK)
    assert process.poll() is None, (folder / "log.txt").read_text()
    yield address
    process.terminate()
    process.wait(30)


def put(text, here):
    for there, instead in here.items():
        text = text.replace(there, instead)
    return text


def answer(address, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


@pytest.mark.parametrize(
    ("path", "host", "expected"),
    [
        ("/api/2.0/mlflow/experiments/search?max_results=1", "mlflow:5000", 401),
        ("/api/2.0/mlflow/experiments/search?max_results=1", "mlflow.pareto.svc:5000", 401),
        ("/api/2.0/mlflow/experiments/search?max_results=1", "evil.example:5000", 403),
        ("/health", "10.1.2.3:5000", 200),
    ],
)
def test_the_server_lets_in_nobody_without_a_password_and_a_probe_by_any_name(
    server, path, host, expected
):
    assert answer(f"{server}{path}", Host=host) == expected


def test_runs_go_to_postgresql_and_artifacts_through_the_server_to_the_bucket(
    server, stores, monkeypatch
):
    postgres, bucket = stores
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", ADMIN)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", ADMIN_PASSWORD)
    client = mlflow.MlflowClient(server)
    run = client.create_run(client.create_experiment("of the test")).info
    client.log_metric(run.run_id, "f1", 0.5)
    client.log_text(run.run_id, "hello", "note.txt")
    client.set_terminated(run.run_id)
    assert run.artifact_uri.startswith("mlflow-artifacts:/")  # the client needs no key of S3's
    assert [name for name in bucket.names() if name.endswith(f"{run.run_id}/artifacts/note.txt")]
    with psycopg.connect(postgres.uri) as connection:
        values = connection.execute("select key, value from metrics").fetchall()
        users = connection.execute("select username from users").fetchall()
    assert values == [("f1", 0.5)]
    assert users == [(ADMIN,)]
