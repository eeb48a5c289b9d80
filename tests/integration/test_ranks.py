"""Two processes that train together are one that trains on the same batches."""

import contextlib
import json
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import ranked
import torch
import yaml
from sweeping import environment

from trainables.data.phantom import write_phantom

pytestmark = pytest.mark.integration

# SGD: a first step of Adam goes by the sign of each gradient, and rounding turns that of small ones
SGD = {"kind": "sgd", "learning_rate": 0.05, "momentum": 0.9}
FIRST = {"epochs": 1, "steps_per_epoch": 1, "optimiser": SGD}
SHORT = {"epochs": 2, "steps_per_epoch": 3, "optimiser": SGD}
AVERAGED = {**SHORT, "optimiser": {**SGD, "ema_decay": 0.9}}
DROPPING = {**SHORT, "network": {"filters": 4, "levels": 2, "dropout": 0.3}}
NORMED = {**AVERAGED, "network": {"filters": 4, "levels": 2, "norm": "batch"}}
JOBS = {
    "first": FIRST,
    "plain": {**SHORT, "loss": {"kind": "plain"}},
    "balanced": {**SHORT, "loss": {"tau": 0.3, "normalisation": 1.0, "reference_delay": 1}},
    "signalled": {**SHORT, "curriculum": {"advance": "signal", "window": 4, "warmup": 0.9}},
    "gradient-side": {**SHORT, "loss": {"kind": "upgrad"}},
    "accumulating": {**AVERAGED, "accumulate": 2},
    "resumed": AVERAGED,
    "uninterrupted": AVERAGED,
}
LEFT = {f"left when asked {n}": DROPPING for n in (2, 4)}
"""After the second step, and before the first case that judges (which the second rank has not)."""

STAYED = {"dropping": DROPPING, "normed": NORMED, "left, normed, when asked 2": NORMED}


def start(folder, jobs, size=2):
    """The processes, which find each other as those of torchrun do."""
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    command = [sys.executable, ranked.__file__, str(folder), json.dumps(jobs)]
    return [
        subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment(), **place, "RANK": str(rank), "WORLD_SIZE": str(size)},
        )
        for rank in range(size)
    ]


def free_port():
    """Below those that the system hands out by itself: such could be gone before it is used."""
    for port in random.SystemRandom().sample(range(20000, 30000), 100):
        with socket.socket() as place, contextlib.suppress(OSError):
            place.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """What both have come to, by job."""
    folder = tmp_path_factory.mktemp("ranks")
    for process in start(folder, {**JOBS, **LEFT, **STAYED}):
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.mark.parametrize("job", JOBS)
def test_all_ranks_have_the_same_weights_to_the_bit_and_the_first_alone_reports(together, job):
    first, second = (found[job] for found in together)
    assert torch.equal(first["weights"], second["weights"])
    assert first["rows"]
    assert not second["rows"]


def test_the_first_loss_is_that_of_one_process_on_the_same_batch(together):
    (row,), (expected,) = together[0]["first"]["rows"], ranked.train(FIRST)["rows"]
    assert row["train_loss"] == pytest.approx(expected["train_loss"], abs=1e-6)


@pytest.mark.parametrize("job", [job for job in JOBS if job != "resumed"])
def test_after_some_steps_weights_and_scores_are_those_of_one_process(together, job):
    found, alone = together[0][job], ranked.train(JOBS[job])
    torch.testing.assert_close(found["weights"], alone["weights"], rtol=1e-3, atol=1e-4)
    for row, expected in zip(found["rows"], alone["rows"], strict=True):
        assert row.keys() == expected.keys()
        for name in ("train_loss", "interior_error", "boundary_error", "weight/shell_1", "pace"):
            assert row[name] == pytest.approx(expected[name], abs=1e-3)


def test_a_run_of_both_that_was_cut_and_resumed_is_the_uninterrupted_one(together):
    resumed, whole = (together[0][job]["weights"] for job in ("resumed", "uninterrupted"))
    assert torch.equal(resumed, whole)


@pytest.mark.parametrize("job", LEFT)
def test_both_leave_at_one_step_and_carry_on_as_if_they_had_stayed(together, job):
    """To the bit, though each draws dropout of its own."""
    assert [found[job]["ended"] for found in together] == ["LeftError", "SystemExit"]
    for found in together:
        assert torch.equal(found[job]["weights"], found["dropping"]["weights"])


def test_statistics_that_each_runs_by_itself_are_the_same_after_both_have_left(together):
    left, stayed = (together[0][job] for job in ("left, normed, when asked 2", "normed"))
    torch.testing.assert_close(left["weights"], stayed["weights"], rtol=1e-5, atol=1e-6)
    for row, expected in zip(left["rows"], stayed["rows"], strict=True):
        assert row["boundary_error"] == pytest.approx(expected["boundary_error"], abs=1e-5)


def test_the_group_ends_with_the_training(together):
    """Else one of its threads may outlive the interpreter, which aborts the process."""
    assert [found["left"] for found in together] == [False, False]


def test_where_one_is_killed_the_other_ends_and_says_so(tmp_path):
    first, second = start(tmp_path, {"before": FIRST, "killed": FIRST})
    _, said = first.communicate(timeout=120)
    second.communicate(timeout=120)
    assert first.returncode == 1
    assert "LostRankError: Every process of this training should go on" in said


def test_the_command_trains_under_torchrun_and_speaks_once(tmp_path):
    write_phantom(
        tmp_path / "cases", 5, seed=3, size=(28, 28, 24), spacing_mm=(5.0, 5.0, 6.0), raters=1
    )
    params = {
        "data": {"root": "cases"},
        "network": {"filters": 4, "levels": 2},
        "patch_size": [16, 16, 16],
        **SHORT,
    }
    Path(tmp_path, "params.yaml").write_text(yaml.safe_dump(params))
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "trainables", "train", "params.yaml", "--out", "run", "--json"]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=240,
        env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epoch"] == 2
    assert done.stderr.count("epoch 2/2") == 1
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {"model", "checkpoint"}
