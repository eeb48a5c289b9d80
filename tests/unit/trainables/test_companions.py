"""Companions of a process: who they are told to be, what they die of, and that none is left."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest
import torch

from trainables import companion as companion_program
from trainables import companions as starting
from trainables import segmentation, training
from trainables.companions import LOST_CODE, MEMORY_CODE, companions
from trainables.errors import LostRankError, OutOfMemoryError, ParameterError

READY = """
import json, os, socket, sys, time
from pathlib import Path
job = json.loads(sys.stdin.readline())
told = {name: os.environ.get(name) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
Path(job["folder"], told["RANK"]).write_text(json.dumps({**job, **told}))
time.sleep(60)
"""


@pytest.fixture
def companion(tmp_path, monkeypatch):
    """Sets the program that stands for `trainables.companion`."""
    package = tmp_path / "elsewhere" / "trainables"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))

    def is_now(program):
        (package / "companion.py").write_text(program)

    return is_now


def children():
    return psutil.Process().children()


def test_each_is_told_its_number_its_share_of_the_threads_and_the_job(companion, tmp_path):
    companion(READY)
    before = dict(os.environ), torch.get_num_threads()
    torch.set_num_threads(7)
    try:
        with companions(3, "cpu", None, {"folder": str(tmp_path)}):
            assert len(children()) == 2
            assert (os.environ["RANK"], os.environ["WORLD_SIZE"]) == ("0", "3")
            assert torch.get_num_threads() == 2
            wait_until(lambda: all(text(tmp_path / str(rank)) for rank in (1, 2)))
        assert torch.get_num_threads() == 7
    finally:
        torch.set_num_threads(before[1])
    for rank in ("1", "2"):
        told = json.loads(text(tmp_path / rank))
        assert told == {
            "folder": str(tmp_path), "threads": 2, "RANK": rank, "LOCAL_RANK": rank,
            "WORLD_SIZE": "3",
        }  # fmt: skip
    assert dict(os.environ) == before[0]
    assert children() == []


def text(path):
    return path.read_text() if path.exists() else ""


def wait_until(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError("the condition did not come true")


def test_whatever_the_block_ends_with_none_is_left(companion, tmp_path):
    companion(READY)
    before = dict(os.environ)
    with pytest.raises(KeyError), companions(2, "cpu", 1, {"folder": str(tmp_path)}):
        raise KeyError(*children())
    assert children() == []
    assert dict(os.environ) == before


def test_one_that_ends_before_it_joins_is_lost_with_its_last_words(companion):
    companion("raise SystemExit('there is no room for me')")
    expected = r"rank 1 has ended with exit code 1\. It said last:\nthere is no room for me"
    with pytest.raises(LostRankError, match=expected), companions(2, "cpu", 1, {}) as company:
        company.gather()


def test_one_that_is_killed_is_lost_by_that_signal(companion):
    companion("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    expected = r"ended with signal SIGKILL\. It said last: nothing"
    with pytest.raises(LostRankError, match=expected), companions(2, "cpu", 1, {}) as company:
        company.gather()


def test_want_of_memory_of_one_is_that_of_the_trial(companion):
    companion("import sys; print('m.OutOfMemoryError: A rule. A finding.'); sys.exit(3)")
    expected = r"^A rule\. A finding\.$"
    with pytest.raises(OutOfMemoryError, match=expected), companions(2, "cpu", 1, {}) as company:
        company.gather()


def test_a_failed_exchange_is_explained_by_the_one_that_ended(companion):
    companion("raise SystemExit('it was me')")
    with pytest.raises(LostRankError, match="it was me"), companions(2, "cpu", 1, {}):
        raise LostRankError("Somebody has ended.")


def test_of_several_that_end_the_one_that_lost_no_other_is_named(companion):
    """The first to end is not always the first cause: it may take longer to die of it."""
    companion(
        "import os, sys, time\n"
        "if os.environ['RANK'] == '1': sys.exit(4)\n"
        "time.sleep(0.5)\n"
        "raise SystemExit('it was me')"
    )
    with pytest.raises(LostRankError, match=r"rank 2 .*\nit was me"), companions(3, "cpu", 1, {}):
        raise LostRankError("Somebody has ended.")


@pytest.mark.parametrize(
    ("error", "code"),
    [(OutOfMemoryError("too large"), MEMORY_CODE), (LostRankError(""), LOST_CODE)],
)
def test_a_companion_says_by_its_code_who_is_to_blame(monkeypatch, capsys, error, code):
    def train_epochs(*_):
        raise error

    monkeypatch.setattr(training, "train_epochs", train_epochs)
    monkeypatch.setattr(segmentation, "prepare", lambda *_: None)
    monkeypatch.setattr(starting, "say_ready", lambda: None)
    params = {"data": {"root": "nowhere"}}
    job = {"params": params, "checkpoint": None, "described": {}, "threads": 1}
    with pytest.raises(SystemExit) as ended:
        companion_program._train(job)
    assert ended.value.code == code
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"{type(error).__module__}.")


def test_one_of_several_processes_starts_none(monkeypatch):
    place = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    with companions(2, "cpu", 1, {}) as company:
        company.gather()
        assert children() == []
        assert os.environ["RANK"] == "1"


def test_more_processes_than_the_trial_sees_accelerators_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    expected = r"sees, 1\. Found `compute\.processes = 2`: .* by `resources\.gpu`"
    with pytest.raises(ParameterError, match=expected), companions(2, "auto", 1, {}):
        pass
    assert children() == []


@pytest.mark.parametrize("line", [b"", b'{"params": '])
def test_a_companion_whose_trial_is_over_before_it_began_ends(line):
    command = [sys.executable, "-m", "trainables.companion"]
    done = subprocess.run(command, input=line, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
