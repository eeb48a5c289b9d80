"""A trial of several processes is one process to its host, and leaves none behind."""

import os
import signal
import subprocess
import time

import psutil
import pytest
import yaml
from same_states import assert_same
from sweeping import call, command, environment, steps_of, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory
from trainables.data.phantom import write_phantom
from trainables.errors import LostRankError
from trainables.segmentation import train

pytestmark = pytest.mark.integration

COMPARED = ("train_loss", "interior_error", "boundary_error", "weight/shell_1", "pace")


class LeftError(BaseException):
    """Ends a run inside `leave`, as a host does."""


class Host:
    """Keeps what is reported; the state of step n is in ``folder/n``, that of leaving in `left`.

    It leaves when asked for the n-th time; `then` is called at every report.
    """

    def __init__(self, folder, last=None, then=lambda: None):
        self.folder, self.last, self.then = folder, last, then
        self.polls, self.rows = 0, {}

    def __call__(self, metrics, step, save):
        self.rows[step] = {k: v for k, v in metrics.items() if not k.startswith("seconds")}
        (self.folder / str(step)).mkdir(parents=True)
        save(self.folder / str(step))
        self.then()

    def leaving(self):
        self.polls += 1
        return self.polls == self.last

    def leave(self, save):
        (self.folder / "left").mkdir(parents=True)
        save(self.folder / "left")
        raise LeftError


@pytest.fixture(scope="module")
def params(tmp_path_factory):
    root = tmp_path_factory.mktemp("phantom")
    write_phantom(root, 5, seed=3, size=(28, 28, 24), spacing_mm=(5.0, 5.0, 6.0), raters=1)
    return {
        "data": {"root": str(root)},
        "network": {"filters": 4, "levels": 2},
        "patch_size": [16, 16, 16],
        "epochs": 2,
        "steps_per_epoch": 3,
        "optimiser": {"kind": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        "compute": {"precision": "float32", "processes": 2},
        "threads": 1,
        "device": "cpu",
    }


@pytest.fixture(scope="module")
def whole(params, tmp_path_factory):
    host = Host(tmp_path_factory.mktemp("whole"))
    train(params, host)
    assert companions() == []
    assert "RANK" not in os.environ
    return host


def companions(of=None):
    """Those of the process, this one where None."""
    found = psutil.Process(of).children(recursive=True)
    return [one for one in found if "trainables.companion" in one.cmdline()]


def test_a_trial_of_two_reports_what_a_trial_of_one_does(params, whole, tmp_path):
    alone = Host(tmp_path)
    train({**params, "compute": {"precision": "float32"}}, alone)
    assert alone.rows[1]["train_loss"] == pytest.approx(whole.rows[1]["train_loss"], abs=1e-3)
    assert alone.rows.keys() == whole.rows.keys()
    for step, row in whole.rows.items():
        assert row.keys() == alone.rows[step].keys()
        for name in COMPARED:
            assert row[name] == pytest.approx(alone.rows[step][name], abs=1e-3)


def test_it_leaves_at_any_step_and_the_next_in_this_process_carries_on_to_the_bit(
    params, whole, tmp_path
):
    left, arrived = Host(tmp_path / "first", last=2), Host(tmp_path / "second")
    with pytest.raises(LeftError):
        train(params, left)
    assert companions() == []
    train(params, arrived, tmp_path / "first" / "left")
    assert arrived.rows == whole.rows
    assert_same(whole.folder / "2", arrived.folder / "2")


def test_a_companion_that_is_killed_ends_its_trial_at_once_and_is_named(params, tmp_path):
    killed = []

    def kill():
        (one,) = companions()
        one.kill()
        killed.append(time.monotonic())

    with pytest.raises(LostRankError, match=r"rank 1 has ended with signal SIGKILL"):
        train({**params, "epochs": 1000}, Host(tmp_path, then=kill))
    assert time.monotonic() - killed[0] < 20
    assert len(killed) == 1
    assert companions() == []


def test_where_the_trial_is_killed_no_companion_lives_on(params, tmp_path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({**params, "epochs": 100000}))
    run = command("train", "params.yaml", "--out", "run", module="trainables")
    with subprocess.Popen(
        run, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    ) as trial:
        try:
            wait_for((tmp_path / "run" / "checkpoint").exists)
            (companion,) = companions(trial.pid)
        finally:
            trial.send_signal(signal.SIGKILL)
    assert companion.wait(timeout=20) is None  # no child of this process: nobody has its code
    assert not companion.is_running()


def test_a_sweep_runs_a_trial_of_two_processes(params, tmp_path):
    recipe = write_recipe(
        tmp_path,
        {
            "name": "two",
            "trainable": "trainables.segmentation:train",
            "objectives": [
                {"name": "interior_error", "reference": 1.1},
                {"name": "boundary_error", "reference": 1.1},
            ],
            "params": {**params, "threads": None, "epochs": 1},
            "space": {"fuzzy.width_mm": {"type": "float", "low": 2, "high": 6}},
            "resources": {"cpu": 2},
            "budget": {"trials": 1},
        },
    )
    done = call(tmp_path, "run", str(recipe))
    assert done.returncode == 0, done.stderr
    directory = SweepDirectory(tmp_path / "results" / "two")
    assert list(steps_of(directory).values()) == [[1]]
