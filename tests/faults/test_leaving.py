"""Machines that are about to vanish: trials move to others from the very step they were at."""

import os
import subprocess
from pathlib import Path

import moving
import pytest
from clusters import Cluster
from moving import NAME_VARIABLE, NOTICE_VARIABLE, STEPS, WAITS_AT, steps_done
from sweeping import command, steps_of, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
TESTS = Path(moving.__file__).parent
TOKEN = "a1" * 32
FIRST, SECOND = "pod-0", "pod-1"
COUNTING = {
    "name": "toy",
    "trainable": "moving:count",
    "objectives": [{"name": "f1", "reference": 2.0}, {"name": "f2", "reference": 2.0}],
    "space": {"asks": {"type": "choice", "values": [True, False]}},
    "baselines": [{"asks": True}, {"asks": False}],
    "budget": {"trials": 2},
    "failures": {"retries": 0},
}


@pytest.fixture(scope="module")
def cluster():
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    cluster = Cluster(TOKEN, PYTHONPATH=path)
    try:
        cluster.start_head(dashboard=False)
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def moved(cluster, tmp_path_factory):
    """A sweep whose two trials had to leave their machine; what `leave` and the sweep said."""
    folder = tmp_path_factory.mktemp("moved")
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    client = {**cluster.client, "PYTHONPATH": path}
    first, second = (
        {NAME_VARIABLE: name, NOTICE_VARIABLE: str(folder / f"notice-{name}")}
        for name in (FIRST, SECOND)
    )
    vanishing = cluster.add_worker(cpus=2, **first)
    recipe = write_recipe(folder, COUNTING, params={"folder": str(folder)})
    with (folder / "out").open("w") as out:
        sweep = subprocess.Popen(
            command("run", recipe, "--address", cluster.address), cwd=folder, env=client,
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        _wait_while(
            sweep, lambda: all(steps_done(folder, asks)[WAITS_AT - 1 :] for asks in (True, False))
        )
        left = subprocess.run(  # what a preStop hook on the first machine runs
            command("leave", "--deadline-s", "90"), cwd=folder, capture_output=True, text=True,
            env={**client, **first, "RAY_ADDRESS": cluster.address}, check=False,
        )  # fmt: skip
        cluster.kill_worker(vanishing)
        cluster.add_worker(cpus=2, **second)  # there was no other place until now
        sweep.wait(240)
    finally:
        sweep.kill()
        sweep.wait()
    said = (folder / "out").read_text()
    assert sweep.returncode == 0, said
    assert left.returncode == 0, left.stderr
    return folder, SweepDirectory(folder / "results" / "toy"), left.stderr, said


def _wait_while(process, condition):
    wait_for(lambda: condition() or process.poll() is not None)


@pytest.mark.parametrize("asks", [True, False], ids=["asks at every step", "never asks"])
def test_a_trial_goes_on_elsewhere_and_does_every_step_once(moved, asks):
    folder, _, _, _ = moved
    done = steps_done(folder, asks)
    assert [step for step, _ in done] == list(range(1, STEPS + 1))
    places = [place for _, place in done]
    at = places.index(SECOND)
    assert places == [FIRST] * at + [SECOND] * (STEPS - at)
    assert at == (WAITS_AT if asks else 40)  # where it was, or at its next report that saves


def test_moving_spends_no_retry_and_reports_nothing(moved):
    _, directory, _, said = moved
    assert [record.state.value for record in directory.records()] == ["complete", "complete"]
    assert steps_of(directory) == {"t0000": [1, 2, 3], "t0001": [1, 2, 3]}
    assert all({"f1", "f2"} <= line.metrics.keys() for line in directory.reports.read()[0])
    assert "error" not in said.lower(), said


def test_where_a_trial_left_with_its_state_is_in_the_journal(moved):
    _, directory, _, _ = moved
    states = {gone.uid: gone.checkpoint for gone in directory.journal.departures()}
    assert states.keys() == {"t0000", "t0001"}
    assert states["t0000"].startswith("ray/attempt-000/t0000/checkpoint_")
    assert states["t0001"] is None


def test_the_hook_ends_when_the_trials_have_left_and_says_so_without_the_token(moved):
    _, _, told, said = moved
    assert "takes no more trials" in told
    assert "all trials have left" in told
    assert TOKEN not in told + said
