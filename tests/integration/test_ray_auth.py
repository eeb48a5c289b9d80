"""Ray in the secure set-up: it does what a token's owner asks, and nothing for anybody else."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

import grpc
import pytest
from secured_ray import (
    AGENT_PORT,
    ENVIRONMENTS_PORT,
    HOST,
    NODE_PORT,
    OBJECTS_PORT,
    SecuredHead,
)
from spilling import holding
from sweeping import record_counts, wait_for, write_recipe

from pareto_search.errors import UnreachableError
from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration

WORK = """
import ray, sys
ray.init(sys.argv[1], log_to_driver=False, logging_level="ERROR")
print(ray.get(ray.remote(lambda: 6 * 7).remote()))
"""
WORKER = """
import json, os, ray, sys
ray.init(sys.argv[1], log_to_driver=False, logging_level="ERROR")
@ray.remote
class Worker:
    def ports(self):
        import psutil
        found = psutil.Process().net_connections()
        return [one.laddr.port for one in found if one.status == "LISTEN"]
worker = Worker.remote()
print(json.dumps(ray.get(worker.ports.remote())), flush=True)
sys.stdin.read()
"""
OWN = """
import os, subprocess, sys
from pathlib import Path
from spilling import holding
from pareto_search.execution.runtime import prepare_environment, ray_runtime
prepare_environment()
import ray
with ray_runtime():
    print(ray.get(ray.remote(lambda: 6 * 7).remote()), flush=True)
    port = ray.get_runtime_context().gcs_address.rpartition(":")[2]
    stranger = {**os.environ, "RAY_AUTH_MODE": "disabled"}
    there = [sys.executable, "-c", sys.argv[1], f"127.0.0.1:{port}"]
    subprocess.run(there, env=stranger, check=True)
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    print(len(list(session.rglob("*.log"))), flush=True)
    print(holding(session.parent, os.environ["RAY_AUTH_TOKEN"]))
"""
ADMISSION = """
import sys, time, ray
from pareto_search.errors import UnreachableError
from pareto_search.execution.admission import check_admission
begun = time.monotonic()
try:
    check_admission(sys.argv[1])
except UnreachableError as error:
    print(error)
    print(time.monotonic() - begun)
else:
    print("admitted")
"""


@pytest.fixture(scope="module")
def head():
    head = SecuredHead()
    yield head
    head.close()


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def path_with(folder):
    """PYTHONPATH with `folder` before what it has."""
    return os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))


def status_of(url, token=None, body=None):
    """What the HTTP server at `url` answers, as a number."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    data = None if body is None else json.dumps(body).encode()
    try:
        request = urllib.request.Request(url, data, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def code_of(port, method, token=None):
    """What the gRPC server at `port` of the head answers to a call, as a status code."""
    bearer = None if token is None else [("authorization", f"Bearer {token}")]
    with grpc.insecure_channel(f"{HOST}:{port}") as channel:
        try:
            channel.unary_unary(f"/ray.rpc.{method}")(b"", timeout=20, metadata=bearer)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def python(code, *arguments, environment, timeout=120):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True,
        timeout=timeout, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/api/version", "/api/jobs/", "/api/cluster_status", "/logs/"])
def test_the_dashboard_says_nothing_without_the_token(head, path):
    assert status_of(head.dashboard + path) == HTTPStatus.UNAUTHORIZED
    assert status_of(head.dashboard + path, "wrong") == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("port", "path"),
    [
        (AGENT_PORT, "/api/job_agent/jobs/"),
        (AGENT_PORT, "/logs/"),
        (ENVIRONMENTS_PORT, "/get_or_create_runtime_env"),
        (ENVIRONMENTS_PORT, "/get_runtime_envs_info"),
    ],
)
def test_the_agents_of_a_node_do_nothing_without_the_token(head, port, path):
    url = f"http://{HOST}:{port}{path}"
    body = None if path == "/logs/" else {}
    wait_for(lambda: is_open(port), 60)  # an agent may come up after the head
    assert status_of(url, body=body) == HTTPStatus.UNAUTHORIZED
    assert status_of(url, "wrong", body=body) == HTTPStatus.FORBIDDEN
    assert status_of(url, head.token, body=body) not in (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
    )


@pytest.mark.parametrize(
    ("port", "method"),
    [
        (NODE_PORT, "NodeManagerService/GetNodeStats"),
        (OBJECTS_PORT, "ObjectManagerService/Pull"),
    ],
)
def test_a_node_does_nothing_without_the_token(head, port, method):
    assert code_of(port, method) is grpc.StatusCode.UNAUTHENTICATED
    assert code_of(port, method, "wrong") is grpc.StatusCode.UNAUTHENTICATED
    assert code_of(port, method, head.token) is not grpc.StatusCode.UNAUTHENTICATED


def test_a_worker_does_nothing_without_the_token(head):
    """Each listens on a port of its own, on every interface, for work to do."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, head.address], text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env=head.environment(RAY_AUTH_TOKEN=head.token),
    ) as driver:  # fmt: skip
        ports = json.loads(driver.stdout.readline())
        codes = [code_of(port, "CoreWorkerService/PushTask") for port in ports]
        harmless = [
            code_of(port, "CoreWorkerService/NumPendingTasks", head.token) for port in ports
        ]
    assert codes == [grpc.StatusCode.UNAUTHENTICATED]
    assert harmless == [grpc.StatusCode.OK]


def test_a_job_is_submitted_with_the_token_only(head, tmp_path):
    jobs, ran = f"{head.dashboard}/api/jobs/", tmp_path / "ran"
    job = {"entrypoint": f"touch {ran}"}
    assert status_of(jobs, body=job) == HTTPStatus.UNAUTHORIZED
    assert status_of(jobs, "wrong", body=job) == HTTPStatus.FORBIDDEN
    assert not ran.exists()
    assert status_of(jobs, head.token, body=job) == HTTPStatus.OK
    wait_for(ran.exists, 60)


def test_the_dashboard_answers_on_the_loopback_address_only_where_nothing_is_said_of_it(head):
    port = head.dashboard.rpartition(":")[2]
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=20)


def test_work_is_done_for_who_has_the_token(head):
    done = python(WORK, head.address, environment=head.environment(RAY_AUTH_TOKEN=head.token))
    assert done.stdout == "42\n", done.stderr


@pytest.mark.parametrize(
    "variables", [{"RAY_AUTH_TOKEN": "wrong"}, {"RAY_AUTH_MODE": "disabled"}], ids=str
)
def test_no_work_is_done_for_who_has_not(head, variables):
    hasty = {"RAY_NUM_REDIS_GET_RETRIES": "2"}  # s that Ray tries for, not 20
    done = python(WORK, head.address, environment=head.environment(**variables, **hasty))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "InvalidAuthToken" in done.stderr


@pytest.mark.parametrize("door", ["address", "client"])
@pytest.mark.parametrize(
    ("variables", "finding"),
    [
        ({"RAY_AUTH_TOKEN": "wrong"}, "does not take our token"),
        ({"RAY_AUTH_MODE": "disabled"}, "asks for a token"),
        ({}, "no token is there"),
    ],
    ids=["wrong", "disabled", "none"],
)
def test_a_refusal_is_told_at_once_with_the_way_out(head, door, variables, finding):
    told = python(ADMISSION, getattr(head, door), environment=head.environment(**variables)).stdout
    told, seconds = told.splitlines()
    assert finding in told
    assert "RAY_AUTH_TOKEN" in told
    assert head.token not in told
    assert float(seconds) < 15  # Ray alone takes 20 s and 30 s


@pytest.mark.parametrize("door", ["address", "client"])
def test_the_token_is_taken_from_a_file_too(head, door, tmp_path):
    (tmp_path / "token").write_text(head.token)
    path = str(tmp_path / "token")
    told = python(
        ADMISSION, getattr(head, door), environment=head.environment(RAY_AUTH_TOKEN_PATH=path)
    )
    assert told.stdout == "admitted\n", told.stderr


def test_a_cluster_that_does_not_answer_is_no_refusal(head):
    told = python(ADMISSION, f"{HOST}:9", environment=head.environment(RAY_AUTH_TOKEN=head.token))
    assert told.stdout == "admitted\n", told.stderr


@pytest.mark.parametrize(
    ("door", "variables"),
    [("address", {"RAY_AUTH_TOKEN_PATH": "not_there"}), ("client", {"RAY_AUTH_TOKEN": "wrong"})],
)
def test_a_sweep_without_the_token_ends_at_once_with_exit_code_4(head, tmp_path, door, variables):
    recipe = write_recipe(tmp_path)
    environment = head.environment(**variables)
    command = [sys.executable, "-m", "pareto_search", "run", str(recipe)]
    ended = subprocess.run(
        [*command, "--address", getattr(head, door)], env=environment, cwd=tmp_path,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == UnreachableError.exit_code, ended.stderr
    assert "RAY_AUTH_TOKEN" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "C++" not in ended.stderr
    assert not (tmp_path / "results" / "toy").exists()


def test_a_sweep_with_the_token_runs_on_the_cluster_and_keeps_the_token_to_itself(head, tmp_path):
    recipe = write_recipe(tmp_path, budget={"trials": 4})
    environment = head.environment(RAY_AUTH_TOKEN=head.token)
    command = [sys.executable, "-m", "pareto_search", "run", str(recipe)]
    ended = subprocess.run(
        [*command, "--address", head.address], env=environment, cwd=tmp_path, capture_output=True,
        text=True, timeout=240, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert len(record_counts(SweepDirectory(tmp_path / "results" / "toy"))) == 4
    assert head.token not in ended.stdout + ended.stderr
    assert holding(tmp_path, head.token) == []


def test_a_ray_of_a_sweeps_own_refuses_everybody_else_and_leaves_no_token_behind(head, tmp_path):
    """Ray listens on every interface, also where nothing is said of a cluster."""
    beside = str(Path(__file__).parents[1])
    environment = head.environment(HOME=str(tmp_path), PYTHONPATH=path_with(beside))
    del environment["RAY_AUTH_MODE"]  # as a user's is who has never heard of it
    done = python(OWN, ADMISSION, environment=environment)
    admitted, refused, _, logs, holding_it = done.stdout.splitlines()
    assert admitted == "42"
    assert "should let us in. Found that it asks for a token" in refused
    assert int(logs) > 3  # of its session's folder, so that a search of it was no search of nothing
    assert holding_it == "[]"
    assert list(tmp_path.iterdir()) == []
