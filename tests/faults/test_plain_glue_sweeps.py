"""Faults of whole sweeps by Ray Tune, OptunaSearch and MLflowLoggerCallback, beside ours.

=== ===========================================================================================
B1  test_a_trial_that_reports_no_objective_ends_the_whole_plain_sweep
B4  test_a_sweep_that_is_stopped_leaves_plain_trials_running_for_ever
B5  test_rungs_are_no_part_of_a_plain_snapshot
B6  test_a_torn_snapshot_cannot_be_restored
B7  test_after_a_kill_finished_plain_trials_run_again_and_their_runs_stay_open
B15 test_there_is_no_plain_best_of_several_objectives
=== ===========================================================================================

Ours of B5 is in tests/integration/test_plain_glue_scheduling.py, ours of B7 in test_interrupt.py
(`test_after_sigkill_and_a_torn_journal_the_sweep_is_carried_on_whole`); B2, B3 and the rest are in
test_plain_glue_search.py there.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sweeping import ZDT1, call, environment, wait_for, write_recipe

from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
SCRIPT = Path(__file__).parents[1] / "plain_sweeps.py"


def plain(mode, folder):
    """The plain sweep in a process group of its own, with Ray's settings as shipped."""
    shipped = {key: v for key, v in environment().items() if not key.startswith(("TUNE_", "RAY_"))}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), mode, str(folder)],
        env=shipped,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def statuses(database):
    """How many MLflow runs of trials there are of each status."""
    connection = sqlite3.connect(database)
    try:
        query = "SELECT status FROM runs WHERE name NOT IN ('toy')"
        return Counter(status for (status,) in connection.execute(query))
    finally:
        connection.close()


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """How plain sweeps ended, and the folder of their store."""
    folder = tmp_path_factory.mktemp("plain")
    process = plain("ends", folder)
    stdout, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr[-3000:]
    return json.loads(stdout.splitlines()[-1]), folder


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Our sweep: a torn line, a silent trial, one that is long, and one failure too many."""
    folder = tmp_path_factory.mktemp("ours")
    point = {"x0": 0.5, "x1": 0.5, "x2": 0.5}
    recipe = write_recipe(
        folder,
        ZDT1,
        trainable="trainables.toy:flaky",
        params={"epochs": 1000, "sleep_s": 0.1},
        space={
            **ZDT1["space"],
            "mode": {"type": "choice", "values": ["ok", "silent", "raise"]},
            "at_step": {"type": "int", "low": 1, "high": 9},
        },
        baselines=[
            {**point, "mode": "silent", "at_step": 1},
            {**point, "mode": "ok", "at_step": 1},
            {**point, "mode": "raise", "at_step": 9},
        ],
        budget={"trials": 20, "concurrent": 2},
        failures={"tolerate": 0.05},
    )
    directory = SweepDirectory(folder / "results" / "toy")
    directory.path.mkdir(parents=True)
    (directory.path / "journal.jsonl").write_text('{"kind": "proposal", "ind')
    return call(folder, "run", recipe), directory


def test_a_trial_that_reports_no_objective_ends_the_whole_plain_sweep(ends, ended):
    assert ends[0]["silent"] is not None

    done, directory = ended
    first, *others = directory.records()
    assert (first.uid, first.state.value) == ("t0000", "failed")
    assert "without reporting" in first.error
    assert max(record.step for record in others) >= 8, done.stderr  # the sweep went on
    assert "Last result" not in done.stdout  # Tune says so of a trial that reports nothing


def test_a_sweep_that_is_stopped_leaves_plain_trials_running_for_ever(ends, ended):
    found, folder = ends
    assert "RUNNING" in found["states"]
    assert statuses(folder / "mlflow.db")["RUNNING"] >= 1

    done, directory = ended
    assert "too many failures" in done.stdout
    assert {p.uid for p in directory.proposals()} == {r.uid for r in directory.records()}
    assert directory.records()[1].state.value == "stopped"
    assert statuses(directory.storage / "mlflow.db")["RUNNING"] == 0


def test_rungs_are_no_part_of_a_plain_snapshot(ends):
    found, _ = ends
    assert found["rungs"] > 0
    assert not any("scheduler" in key for key in found["saved"])


def test_a_torn_snapshot_cannot_be_restored(ends, ended):
    assert ends[0]["kept"] == 0  # it begins anew, without a word of its three finished trials

    _, directory = ended
    assert directory.proposals()[0].uid == "t0000"  # a torn line is passed over


def test_there_is_no_plain_best_of_several_objectives(ends):
    assert ends[0]["several"] is not None


def test_after_a_kill_finished_plain_trials_run_again_and_their_runs_stay_open(tmp_path):
    lines = tmp_path / "lines"
    first = plain("begin", tmp_path)
    wait_for(lambda: first.poll() is not None or len(_finished(lines)) >= 2, timeout=120)
    os.killpg(first.pid, signal.SIGKILL)
    _, stderr = first.communicate()
    finished = _finished(lines)
    assert len(finished) >= 2, stderr[-3000:]
    assert statuses(tmp_path / "mlflow.db")["RUNNING"] >= 1  # of a driver that is gone

    second = plain("restore", tmp_path)
    _, stderr = second.communicate(timeout=240)
    assert second.returncode == 0, stderr[-3000:]
    again = Counter(lines.read_text().splitlines())
    assert any(again[f"{name} 4"] > 1 for name in finished)  # work done twice
    assert statuses(tmp_path / "mlflow.db")["RUNNING"] >= 1  # still


def _finished(lines):
    """Names of trials that have made their last report."""
    text = lines.read_text() if lines.exists() else ""
    return {line.split()[0] for line in text.splitlines() if line.endswith(" 4")}
