"""A sweep as a job of a real Ray cluster that asks for a token: the same commands, from outside."""

import json
import os
import re
import signal
import subprocess

import pytest
from clusters import Cluster
from sweeping import ZDT1, command, record_counts, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
TOKEN = "only-for-this-test-0123456789abcdef"
OWN = """
from trainables import toy


def train(params, report, checkpoint):
    print("this is", params["x0"])
    toy.zdt2(params, report, checkpoint)
"""
SLOW = {
    **ZDT1,
    "trainable": "own_code:train",
    "params": {"epochs": 4, "sleep_s": 0.5},
    "budget": {"trials": 4, "concurrent": 2},
}


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
    write_recipe(folder, SLOW)

    def run(*arguments, address=cluster.dashboard, **variables):
        return subprocess.run(
            command(*arguments, "--address", address), cwd=folder, capture_output=True, text=True,
            timeout=240, env={**cluster.client, **variables}, check=False,
        )  # fmt: skip

    run.folder = folder
    return run


@pytest.fixture(scope="module")
def story(cluster, call):
    """Followed and left by Ctrl-C, looked at, stopped, and submitted again to its end."""
    directory = SweepDirectory(call.folder / "results" / "toy")
    told = {"directory": directory}
    first = subprocess.Popen(
        command("submit", "recipe.yaml", "--address", cluster.dashboard), cwd=call.folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=cluster.client,
        start_new_session=True,
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


def test_the_same_submission_carries_the_sweep_on_to_its_front(story):
    again = story["again"]
    assert again.returncode == 0, again.stdout + again.stderr
    assert "carrying it on" in again.stdout
    assert "Sweep toy: done. 4 of 4 trials complete" in again.stdout
    assert "hypervolume" in again.stdout
    assert len(story["before"]) < 4
    assert record_counts(story["directory"]) == {f"t{i:04d}": 1 for i in range(4)}


def test_what_a_trial_printed_in_its_worker_is_on_the_storage(story):
    directory = story["directory"]
    for record in directory.records():
        text = (directory.outputs / f"{record.uid}.txt").read_text()
        assert f"this is {record.proposal.point['x0']}" in text


def test_no_token_is_in_what_the_cluster_tells_of_a_job(cluster, story):
    from ray.job_submission import JobSubmissionClient

    with pytest.MonkeyPatch.context() as patch:
        for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
            patch.setenv(name, cluster.client[name])
        jobs = JobSubmissionClient(cluster.dashboard).list_jobs()
    assert {job.metadata["pareto_search.sweep"] for job in jobs} >= {"toy"}
    assert TOKEN not in repr(jobs)


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
    ("variables", "finding"),
    [
        ({"RAY_AUTH_MODE": "disabled"}, "Authentication required"),
        ({"RAY_AUTH_TOKEN": "wrong"}, "Authentication failed"),
    ],
)
def test_a_caller_without_the_token_is_refused(call, variables, finding):
    for words in (("submit", "recipe.yaml"), ("status", "toy"), ("stop", "toy")):
        refused = call(*words, **variables)
        assert refused.returncode == 4
        assert finding in refused.stderr
        assert "RAY_AUTH_TOKEN" in refused.stderr


def test_an_address_where_nothing_answers_is_told_at_once(call):
    refused = call("submit", "recipe.yaml", address="http://127.0.0.1:9")
    assert refused.returncode == 4
    assert "A cluster's dashboard should answer at http://127.0.0.1:9." in refused.stderr


def test_a_job_that_is_not_there_is_no_such_sweep(call):
    missing = call("status", "another")
    assert missing.returncode == 5
    assert "No job of a sweep named `another`" in missing.stderr
