"""Ray in the secure set-up: it does what a token's owner asks, and nothing for anybody else."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus

import psutil
import pytest
from secured_ray import HOST, SecuredHead
from sweeping import record_counts, start, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration

WORK = """
import ray, sys
ray.init(sys.argv[1], log_to_driver=False, logging_level="ERROR")
print(ray.get(ray.remote(lambda: 6 * 7).remote()))
"""
ADMISSION = """
import sys
from pareto_search.errors import UnreachableError
from pareto_search.execution.admission import check_admission
try:
    check_admission(sys.argv[1])
except UnreachableError as error:
    print(error)
else:
    print("admitted")
"""


@pytest.fixture(scope="module")
def head():
    head = SecuredHead()
    yield head
    head.close()


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


def python(code, *arguments, environment, timeout=120):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True,
        timeout=timeout, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/api/version", "/api/jobs/", "/api/cluster_status", "/logs/"])
def test_the_dashboard_says_nothing_without_the_token(head, path):
    assert status_of(head.dashboard + path) == HTTPStatus.UNAUTHORIZED
    assert status_of(head.dashboard + path, "wrong") == HTTPStatus.FORBIDDEN


def test_a_job_is_submitted_with_the_token_only(head, tmp_path):
    jobs, ran = f"{head.dashboard}/api/jobs/", tmp_path / "ran"
    job = {"entrypoint": f"touch {ran}"}
    assert status_of(jobs, body=job) == HTTPStatus.UNAUTHORIZED
    assert status_of(jobs, "wrong", body=job) == HTTPStatus.FORBIDDEN
    assert not ran.exists()
    assert status_of(jobs, head.token, body=job) == HTTPStatus.OK
    wait_for(ran.exists, 60)


def test_the_dashboard_answers_on_the_loopback_address_only(head):
    port = head.dashboard.rpartition(":")[2]
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=20)


@pytest.mark.parametrize("door", ["address", "client"])
def test_work_is_done_for_who_has_the_token(head, door):
    done = python(
        WORK, getattr(head, door), environment=head.environment(RAY_AUTH_TOKEN=head.token)
    )
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
    begun = time.monotonic()
    told = python(ADMISSION, getattr(head, door), environment=head.environment(**variables)).stdout
    assert finding in told
    assert "RAY_AUTH_TOKEN" in told
    assert head.token not in told
    assert time.monotonic() - begun < 15  # Ray alone takes 20 s and 30 s


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


def test_a_sweep_of_this_machine_refuses_everybody_else_and_leaves_no_token_behind(
    head, tmp_path, monkeypatch
):
    """Ray listens on every interface, also where nothing is said of a cluster."""
    for key in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(key, raising=False)
    recipe = write_recipe(tmp_path, budget={"trials": 1000})
    directory = SweepDirectory(tmp_path / "results" / "toy")
    sweep = start(tmp_path, "run", str(recipe), HOME=str(tmp_path))
    try:
        wait_for(lambda: sweep.poll() is not None or record_counts(directory))
        port = _gcs_port(sweep)
        outside = head.environment(RAY_AUTH_MODE="disabled")
        told = python(ADMISSION, f"127.0.0.1:{port}", environment=outside)
        assert "asks for a token" in told.stdout, told.stderr
    finally:
        sweep.terminate()
        _, errors = sweep.communicate(timeout=120)
    assert sweep.returncode == 130, errors
    assert not (tmp_path / ".ray").exists()


def _gcs_port(sweep):
    """Where the Ray that `sweep` started takes orders."""
    children = psutil.Process(sweep.pid).children(recursive=True)
    (gcs,) = [process for process in children if "gcs_server" in process.name()]
    return min(c.laddr.port for c in gcs.net_connections("tcp") if c.status == "LISTEN")
