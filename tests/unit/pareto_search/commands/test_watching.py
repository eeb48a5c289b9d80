"""`status --watch` on a sweep that another process, or none, runs."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest
from recording import BEGAN, HandSweep
from sweeping import command, environment, wait_for

from pareto_search.commands import watching
from pareto_search.commands.watching import watch_status
from pareto_search.errors import RecipeError, SweepNotFoundError
from pareto_search.storage.journal import Session
from pareto_search.storage.lock import writing

HOLD = textwrap.dedent("""
    import sys
    from pathlib import Path
    from pareto_search.storage.directory import SweepDirectory
    from pareto_search.storage.lock import writing

    with writing(SweepDirectory(Path(sys.argv[1]))):
        print("held", flush=True)
        sys.stdin.read()
""")


@pytest.fixture
def sweep(tmp_path):
    sweep = HandSweep(tmp_path)
    sweep.directory.journal.append(Session(BEGAN))
    sweep.trial(0)
    return sweep


def test_a_sweep_that_nobody_runs_is_shown_once_with_how_to_carry_on(sweep, capsys):
    assert watch_status(sweep.directory.storage, "toy", None, as_json=False) == 0
    text = capsys.readouterr().out
    assert "trials 1/4" not in text
    assert "interrupted" in text
    assert "pareto-search resume toy" in text


def test_lines_go_on_while_it_runs_and_the_end_is_shown_in_full(sweep, capsys, monkeypatch):
    looks = iter([True, True, True, False])
    monkeypatch.setattr(watching, "is_running", lambda _: next(looks, False))
    for index in (1, 2, 3):
        sweep.trial(index)
    assert watch_status(sweep.directory.storage, "toy", 0.1, as_json=False) == 0
    text = capsys.readouterr().out
    assert text.count("trials 4/4") == 2
    assert "state" in text
    assert "done" in text
    assert "resume" not in text


def test_another_process_is_followed_until_it_ends(sweep):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, sweep.directory.path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    out = sweep.directory.path / "watched"
    with out.open("w") as stream:
        arguments = ("status", "toy", "--storage", str(sweep.directory.storage), "--watch",
                     "--interval", "0.1")  # fmt: skip
        watcher = subprocess.Popen(command(*arguments), stdout=stream, env=environment())
        wait_for(lambda: "trials 1/4" in out.read_text(), timeout=60)
        sweep.trial(1)
        wait_for(lambda: "trials 2/4" in out.read_text(), timeout=60)
        holder.communicate("")
        assert watcher.wait(timeout=60) == 0
    assert out.read_text().rstrip().splitlines()[-1].lstrip().startswith("pareto-search resume")


def test_ctrl_c_leaves_with_130_and_the_last_line(sweep):
    out = sweep.directory.path / "watched"
    with writing(sweep.directory), out.open("w") as stream:
        arguments = ("status", "toy", "--storage", str(sweep.directory.storage), "--watch")
        watcher = subprocess.Popen(
            command(*arguments), stdout=stream, stderr=stream, env=environment()
        )
        wait_for(lambda: "trials 1/4" in out.read_text(), timeout=60)
        os.kill(watcher.pid, signal.SIGINT)
        assert watcher.wait(timeout=60) == 130
    lines = out.read_text().splitlines()
    assert all(line.startswith("trials 1/4") for line in lines)
    assert len(lines) == 2


def test_json_and_watch_exclude_each_other(sweep):
    with pytest.raises(RecipeError, match=r"--watch: excludes --json"):
        watch_status(sweep.directory.storage, "toy", None, as_json=True)


def test_a_sweep_that_is_not_there_is_said_to_be_not_there(sweep):
    with pytest.raises(SweepNotFoundError):
        watch_status(sweep.directory.storage, "other", None, as_json=False)
