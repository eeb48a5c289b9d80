"""A sweep as a job of a real Ray cluster that asks for a token: the same commands, from outside."""

import json
import os
import re
import signal
import subprocess

import pytest
from clusters import Cluster
from sweeping import ZDT1, command, environment, record_counts, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.lock import is_running

pytestmark = pytest.mark.integration
PASSWORD = "a-callers-password-4711"
TOKEN = "only-for-this-test-0123456789abcdef"
OWN = """
import time
from pathlib import Path


def train(params, report, checkpoint):
    print("this is", params["x0"])
    values = {"f1": params["x0"], "f2": 1 - params["x0"]}
    while not Path(params["gate"]).exists():
        report(values, 1)
        time.sleep(0.2)
    report(values, 2)
"""
GATED = {**ZDT1, "trainable": "own_code:train", "budget": {"trials": 4, "concurrent": 2}}
"""None of its trials ends before the gate is there."""


@pytest.fixture(scope="module")
def cluster():
    made = Cluster(TOKEN)
    try:
        made.start_head(cpus=2)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def call(cluster, tmp_path_factory):
    """Runs a command of ours in the project's folder, against the cluster unless said."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "own_code.py").write_text(OWN)
    write_recipe(folder, GATED, params={"gate": str(folder / "gate")})

    def run(*arguments, address=cluster.dashboard, **variables):
        return subprocess.run(
            command(*arguments, "--address", address), cwd=folder, capture_output=True, text=True,
            timeout=240, env={**cluster.client, **variables}, check=False,
        )  # fmt: skip

    run.folder = folder
    return run


def stop_from_storage(folder):
    return subprocess.run(
        command("stop", "toy", "--storage", folder / "results"), cwd=folder, capture_output=True,
        text=True, timeout=240, env=environment(), check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def story(cluster, call):
    """Followed and left by Ctrl-C, looked at, stopped twice, and submitted again to its end."""
    directory = SweepDirectory(call.folder / "results" / "toy")
    told = {"directory": directory}
    first = subprocess.Popen(
        command("submit", "recipe.yaml", "--address", cluster.dashboard), cwd=call.folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**cluster.client, "MLFLOW_TRACKING_PASSWORD": PASSWORD},
    )  # fmt: skip
    wait_for(lambda: first.poll() is not None or len(directory.reports.read()[0]) > 2)
    os.killpg(first.pid, signal.SIGINT)
    told["left"] = (*first.communicate(timeout=60), first.returncode)
    told["status"] = call("status", "toy", "--json")
    told["second"] = call("submit", "recipe.yaml")
    told["stop"] = call("stop", "toy")
    told["stopped"] = call("status", "toy", "--json")
    told["log"] = call("logs", "toy")
    told["before"] = directory.records()
    told["third"] = call("submit", "recipe.yaml", "--no-wait")
    wait_for(lambda: is_running(directory))
    told["asked"] = stop_from_storage(call.folder)
    wait_for(lambda: '"RUNNING"' not in cluster.ask("/api/jobs/"))
    told["ended"] = call("status", "toy", "--json")
    (call.folder / "gate").touch()
    told["again"] = call("submit", "recipe.yaml")
    return told


def test_ctrl_c_leaves_the_job_running_and_says_how_to_follow_and_stop_it(story):
    _, stderr, code = story["left"]
    assert code == 130
    assert "goes on." in stderr
    for verb in ("logs toy --follow", "status toy", "stop toy"):
        assert f"pareto-search {verb} --address http://" in stderr
    found = json.loads(story["status"].stdout)
    assert (found["state"], found["exit_code"]) == ("running", None)


def test_a_sweep_that_is_running_is_not_submitted_a_second_time(story):
    second = story["second"]
    assert second.returncode == 1
    assert "Sweep `toy` is being run by job toy-2" in second.stderr


def test_a_stopped_job_had_the_time_to_keep_its_state(story):
    assert story["stop"].returncode == 0
    assert "nothing is lost" in story["stop"].stderr
    found = json.loads(story["stopped"].stdout)
    assert (found["state"], found["exit_code"]) == ("stopped", 130)
    assert found["progress"].startswith("trials ")
    assert "Interrupted; nothing is lost." in story["log"].stdout


def test_whoever_shares_the_storage_stops_a_sweep_wherever_it_runs(story):
    assert re.search(r"follow +pareto-search logs toy --follow", story["third"].stdout)
    assert story["asked"].returncode == 0
    assert "Sweep toy has stopped; nothing is lost." in story["asked"].stderr
    found = json.loads(story["ended"].stdout)
    assert (found["state"], found["exit_code"]) == ("stopped", 130)


def test_the_same_submission_carries_the_sweep_on_to_its_front(story):
    again = story["again"]
    assert again.returncode == 0, again.stdout + again.stderr
    assert "carrying it on" in again.stdout
    assert "Sweep toy: done. 4 of 4 trials complete" in again.stdout
    assert "hypervolume" in again.stdout
    assert story["before"] == []
    assert record_counts(story["directory"]) == {f"t{i:04d}": 1 for i in range(4)}


def test_what_a_trial_printed_in_its_worker_is_on_the_storage(story):
    directory = story["directory"]
    for record in directory.records():
        text = (directory.outputs / f"{record.uid}.txt").read_text()
        assert f"this is {record.proposal.point['x0']}" in text


@pytest.mark.usefixtures("story")
def test_no_secret_of_the_caller_is_in_what_the_cluster_tells_of_a_job(cluster):
    jobs = cluster.ask("/api/jobs/")
    assert '"pareto_search.sweep": "toy"' in jobs
    assert "PARETO_SEARCH_JOB" in jobs  # variables are told, had they been sent
    assert TOKEN not in jobs
    assert PASSWORD not in jobs


def test_the_exit_code_of_a_sweep_that_cannot_run_comes_through(call):
    gone = call("submit", "recipe.yaml", "--no-wait", "--name", "bad", "--set",
                "trainable=not_there:train")  # fmt: skip
    assert gone.returncode == 0
    assert re.search(r"follow +pareto-search logs bad --follow", gone.stdout)
    followed = call("logs", "bad", "--follow")
    assert followed.returncode == 2
    assert "Found no module `not_there`" in followed.stdout
    assert "has failed, with exit code 2" in followed.stderr


@pytest.mark.parametrize(
    ("words", "variables", "finding"),
    [
        (("submit", "recipe.yaml"), {"RAY_AUTH_MODE": "disabled"}, "Authentication required"),
        (("stop", "toy"), {"RAY_AUTH_TOKEN": "wrong"}, "Authentication failed"),
    ],
)
def test_a_caller_without_the_token_is_refused(call, words, variables, finding):
    refused = call(*words, **variables)
    assert refused.returncode == 4
    assert finding in refused.stderr
    assert "RAY_AUTH_TOKEN" in refused.stderr


def test_a_job_is_watched_by_its_log(call):
    refused = call("status", "toy", "--watch")
    assert refused.returncode == 2
    assert "logs NAME --follow" in refused.stderr


def test_an_address_where_nothing_answers_is_told_at_once(call):
    refused = call("submit", "recipe.yaml", address="http://127.0.0.1:9")
    assert refused.returncode == 4
    assert "A cluster's dashboard should answer at http://127.0.0.1:9." in refused.stderr


def test_rays_own_port_is_told_from_the_dashboards(cluster, call):
    refused = call("submit", "recipe.yaml", address=cluster.address)
    assert refused.returncode == 4
    assert "The dashboard's port is usually 8265; 6379 is Ray's own" in refused.stderr
    assert ".." not in refused.stderr


def test_a_job_that_is_not_there_is_no_such_sweep(call):
    missing = call("status", "another")
    assert missing.returncode == 5
    assert "No job of a sweep named `another`" in missing.stderr
