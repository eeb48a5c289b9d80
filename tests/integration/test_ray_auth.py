"""Ray in the secure set-up: it does what a token's owner asks, and nothing for anybody else."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from http import HTTPStatus

import pytest
from secured_ray import HOST, SecuredHead
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
OWN = """
import os, subprocess, sys
from pareto_search.execution.runtime import prepare_environment, ray_runtime
prepare_environment()
import ray
with ray_runtime():
    print(ray.get(ray.remote(lambda: 6 * 7).remote()), flush=True)
    port = ray.get_runtime_context().gcs_address.rpartition(":")[2]
    stranger = {**os.environ, "RAY_AUTH_MODE": "disabled"}
    there = [sys.executable, "-c", sys.argv[1], f"127.0.0.1:{port}"]
    subprocess.run(there, env=stranger, check=True)
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
    ("door", "variables"), [("address", {}), ("client", {"RAY_AUTH_TOKEN": "wrong"})]
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
    environment = head.environment(HOME=str(tmp_path))
    del environment["RAY_AUTH_MODE"]  # as a user's is who has never heard of it
    done = python(OWN, ADMISSION, environment=environment)
    admitted, refused, _ = done.stdout.splitlines()
    assert admitted == "42"
    assert "should let us in. Found that it asks for a token" in refused
    assert list(tmp_path.iterdir()) == []
