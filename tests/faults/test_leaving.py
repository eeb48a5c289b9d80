"""Machines that are about to vanish: trials move to others from the very step they were at."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import moving
import pytest
from moving import FIRST, SECOND, STEPS, steps_done
from sweeping import command, environment, steps_of, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
TESTS = Path(moving.__file__).parent
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a1" * 32}
COUNTING = {
    "name": "toy",
    "trainable": "moving:count",
    "objectives": [{"name": "f1", "reference": 2.0}, {"name": "f2", "reference": 2.0}],
    "space": {"asks": {"type": "choice", "values": [True, False]}},
    "baselines": [{"asks": True}, {"asks": False}],
    "budget": {"trials": 2},
    "failures": {"retries": 0},
}


def variables(**others):
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    return {**environment(), **TOKEN, "PYTHONPATH": path, **others}


def leave(folder, **others):
    """What a preStop hook on the first machine runs."""
    own = {
        "RAY_ADDRESS": (folder / "address").read_text(),
        "RAY_CLOUD_INSTANCE_ID": FIRST,
        "PARETO_SEARCH_NOTICE": str(moving.notice_of(folder, FIRST)),
    }
    return subprocess.run(
        command("leave", "--deadline-s", "90"), env=variables(**own, **others), cwd=folder,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A sweep whose two trials had to leave their machine; what `leave` and the sweep said."""
    folder = tmp_path_factory.mktemp("moved")
    recipe = write_recipe(folder, COUNTING, params={"folder": str(folder)})
    arguments = [sys.executable, str(TESTS / "moving.py"), str(recipe)]
    with (folder / "out").open("w") as out:
        process = subprocess.Popen(
            arguments, cwd=folder, env=variables(), stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_for(lambda: len(steps_done(folder, False)) > 24 or process.poll() is not None)
        left = leave(folder)
        process.wait(120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    said = (folder / "out").read_text()
    assert process.returncode == 0, said
    assert left.returncode == 0, left.stderr
    return folder, SweepDirectory(folder / "results" / "toy"), left.stderr, said


@pytest.mark.parametrize("asks", [True, False], ids=["asks at every step", "never asks"])
def test_a_trial_goes_on_elsewhere_and_does_every_step_once(moved, asks):
    folder, _, _, _ = moved
    done = steps_done(folder, asks)
    assert [step for step, _ in done] == list(range(1, STEPS + 1))
    places = [place for _, place in done]
    at = places.index(SECOND)
    assert places == [FIRST] * at + [SECOND] * (STEPS - at)
    assert at < STEPS if asks else at == 40  # at its next report that saves


def test_moving_spends_no_retry_and_reports_nothing(moved):
    _, directory, _, said = moved
    assert [record.state.value for record in directory.records()] == ["complete", "complete"]
    assert steps_of(directory) == {"t0000": [1, 2, 3], "t0001": [1, 2, 3]}
    assert all({"f1", "f2"} <= line.metrics.keys() for line in directory.reports.read()[0])
    assert "Error" not in said, said


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
    assert TOKEN["RAY_AUTH_TOKEN"] not in told + said
