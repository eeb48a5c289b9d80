"""MLflow with the options of the manifests: a wrong password or another name gets nothing."""

import base64
import re
import urllib.error
import urllib.request
from http import HTTPStatus

import pytest
import yaml
from recording import MLFLOW_WARNINGS, HandSweep, make_store
from rendered import rendered
from serving import MlflowServer
from spilling import holding, rows_of
from sweeping import ZDT1, call

from pareto_search.tracking.recorder import Recorder

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

ADMIN, PASSWORD = "keeper", "the-password-nobody-should-see"
EXPERIMENTS = "/api/2.0/mlflow/experiments/search?max_results=1"
CREATE = "/api/2.0/mlflow/experiments/create"
SECRETS = {
    "PGPASSWORD": "another-secret-of-the-test",
    "AWS_SECRET_ACCESS_KEY": "yet-another-secret",
}


def deployed():
    """The server's options and ``basic_auth.ini`` as rendered; what is of the place is left out."""
    objects = {(one["kind"], one["metadata"]["name"]): one for one in rendered().objects}
    (container,) = objects["Deployment", "mlflow"]["spec"]["template"]["spec"]["containers"]
    verb, *options = container["args"]
    assert [*container["command"], verb] == ["mlflow", "server"]
    of_the_place = ("--host=", "--port=", "--workers=", "--backend-store-uri=")
    kept = [option for option in options if not option.startswith(of_the_place)]
    assert len(kept) == len(options) - len(of_the_place)
    hosts = [
        option.replace("localhost:5000", "127.0.0.1:*")
        if option.startswith("--allowed-hosts=")
        else option
        for option in kept
    ]
    return hosts, objects["ConfigMap", "mlflow-authentication"]["data"]["basic_auth.ini"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    options, configured = deployed()
    ini = folder / "auth.ini"
    ini.write_text(re.sub("postgresql:.*", f"sqlite:///{folder / 'auth.db'}", configured))
    server = MlflowServer(
        folder, make_store(folder).uri, *options,
        MLFLOW_AUTH_CONFIG_PATH=str(ini), MLFLOW_FLASK_SERVER_SECRET_KEY="of the test",
        MLFLOW_AUTH_ADMIN_USERNAME=ADMIN, MLFLOW_AUTH_ADMIN_PASSWORD=PASSWORD,
    )  # fmt: skip
    server.start()
    yield server
    server.kill()


def status_of(server, path, password=None, body=None, **headers):
    if password is not None:
        user = base64.b64encode(f"{ADMIN}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {user}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"{server.uri}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    "path",
    [
        EXPERIMENTS,
        "/api/2.0/mlflow-artifacts/artifacts",
        "/api/2.0/mlflow/users/get?username=keeper",
        "/",
    ],
)
def test_nothing_is_answered_without_the_password(server, path):
    assert status_of(server, path) == HTTPStatus.UNAUTHORIZED
    assert status_of(server, path, "wrong") == HTTPStatus.UNAUTHORIZED


def test_the_password_opens_it(server):
    assert status_of(server, EXPERIMENTS, PASSWORD) == HTTPStatus.OK


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "mlflow.evil.example:5000"])
def test_a_name_that_is_not_the_servers_is_refused_also_with_the_password(server, host):
    assert status_of(server, EXPERIMENTS, PASSWORD, Host=host) == HTTPStatus.FORBIDDEN


def test_the_name_of_its_service_is_admitted(server):
    assert status_of(server, EXPERIMENTS, PASSWORD, Host="mlflow:5000") == HTTPStatus.OK


@pytest.mark.parametrize("host", ["10.1.2.3:5000", "mlflow:5000"])
def test_a_probe_of_its_health_needs_neither_password_nor_name(server, host):
    assert status_of(server, "/health", Host=host) == HTTPStatus.OK


def test_a_page_of_another_site_cannot_write_with_the_password_of_the_browser(server):
    body = b'{"name": "stolen"}'
    origin = {"Origin": "http://evil.example"}
    assert status_of(server, CREATE, PASSWORD, body, **origin) == HTTPStatus.FORBIDDEN
    assert (
        status_of(server, CREATE, PASSWORD, body, Origin="http://localhost:5000") == HTTPStatus.OK
    )


def test_no_secret_of_the_environment_is_in_what_a_sweep_leaves_or_says(
    server, tmp_path, monkeypatch
):
    """The password is in the address too, by a variable: where people do put it."""
    for key, value in SECRETS.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri.replace("//", f"//{ADMIN}:{PASSWORD}@"))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump({**ZDT1, "storage": str(tmp_path / "results")}))
    ended = call(tmp_path, "run", recipe)
    assert ended.returncode == 0, ended.stderr
    told = call(tmp_path, "report", "toy").stdout
    (store,) = server.folder.rglob("mlflow.db")
    assert rows_of(store) > 100  # it was recorded there
    assert (tmp_path / "results" / "toy" / "sweep.json").is_file()
    for secret in (PASSWORD, *SECRETS.values()):
        assert secret not in ended.stdout + ended.stderr + told
        assert holding(tmp_path, secret) == []
        assert holding(server.folder, secret) == []


def test_a_password_that_is_refused_is_not_repeated(server, tmp_path):
    wrong = "a-wrong-password-of-the-test"
    sweep = HandSweep(tmp_path)
    sweep.trial(0)
    address = server.uri.replace("//", f"//{ADMIN}:{wrong}@")
    refused = Recorder(sweep.directory, sweep.config, address)
    assert refused.close() is False
    assert "401" in refused.notice() or "nauthorized" in refused.notice()
    assert wrong not in refused.notice()
    assert holding(tmp_path, wrong) == []
