"""A sweep is interrupted or killed at any moment, and nothing is lost."""

import os
import signal

import pytest
from sweeping import (
    ZDT1,
    call,
    interrupt_when,
    record_counts,
    start,
    steps_of,
    wait_for,
    write_recipe,
)

from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
SLOW = {
    **ZDT1,
    "trainable": "trainables.toy:zdt2",
    "params": {"epochs": 6, "sleep_s": 0.3},
    "budget": {"trials": 6, "concurrent": 2},
}


def is_midway(directory):
    """At least two trials are finished, and another one has reported but not ended."""
    if len(directory.records()) < 2:
        return False
    ended = {record.uid for record in directory.records()}
    return any(uid not in ended and max(s) >= 2 for uid, s in steps_of(directory).items())


def assert_whole(directory, trials=6, epochs=6):
    """Every trial ended once, and reported every step (readers keep the first of two)."""
    assert sorted(record_counts(directory)) == [f"t{i:04d}" for i in range(trials)]
    assert set(record_counts(directory).values()) == {1}
    assert {uid: sorted(set(s)) for uid, s in steps_of(directory).items()} == {
        f"t{i:04d}": list(range(1, epochs + 1)) for i in range(trials)
    }


def mlflow_client(directory):
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{directory.storage / 'mlflow.db'}")


def mlflow_runs(directory):
    client = mlflow_client(directory)
    experiments = [e.experiment_id for e in client.search_experiments()]
    return client.search_runs(experiments, filter_string="tags.pareto.uid LIKE 't%'")


def first_reports(directory, uid):
    lines = directory.reports.read()[0]
    return {line.step: line.metrics for line in reversed(lines) if line.uid == uid}


def history(directory, run, key):
    return mlflow_client(directory).get_metric_history(run.info.run_id, key)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """A sweep ended by Ctrl-C midway, and then carried on."""
    folder = tmp_path_factory.mktemp("interrupted")
    directory = SweepDirectory(folder / "results" / "toy")
    process = start(folder, "run", write_recipe(folder, SLOW))
    output = interrupt_when(process, lambda: is_midway(directory))
    before = directory.records(), steps_of(directory)
    resumed = call(folder, "resume", "toy")
    return process.returncode, output, before, resumed, directory


def test_ctrl_c_ends_with_130_and_prints_the_command_that_carries_on(interrupted):
    code, (stdout, stderr), _, _, _ = interrupted
    assert code == 130, stderr
    assert "Traceback" not in stderr
    assert "pareto-search resume toy" in stdout


def test_resuming_ends_the_sweep_with_every_trial_recorded_once(interrupted):
    _, _, _, resumed, directory = interrupted
    assert resumed.returncode == 0, resumed.stderr
    assert_whole(directory)


def test_finished_trials_are_kept_as_they_were(interrupted):
    _, _, (records, _), _, directory = interrupted
    after = {record.uid: record for record in directory.records()}
    assert all(after[record.uid] == record for record in records)


def test_a_running_trial_carries_on_from_its_checkpoint_not_from_the_start(interrupted):
    _, _, (records, before), _, directory = interrupted
    ended = {record.uid for record in records}
    after = steps_of(directory)
    running = {uid for uid in before if uid not in ended}
    assert running
    for uid in running:
        assert after[uid].count(1) == 1
        assert after[uid] == list(range(1, 7))


def test_there_is_one_mlflow_run_a_trial_with_each_metric_once(interrupted):
    directory = interrupted[-1]
    runs = mlflow_runs(directory)
    assert sorted(run.data.tags["pareto.uid"] for run in runs) == [f"t{i:04d}" for i in range(6)]
    assert {run.info.status for run in runs} == {"FINISHED"}
    for run in runs:
        reported = first_reports(directory, run.data.tags["pareto.uid"])
        for key in ("f1", "f2"):
            points = [(m.step, m.value) for m in history(directory, run, key)]
            assert sorted(points) == [(step, reported[step][key]) for step in range(1, 7)]


def test_each_mlflow_run_ends_when_its_trial_did(interrupted):
    directory = interrupted[-1]
    ended_ms = {record.uid: round(record.ended_at * 1000) for record in directory.records()}
    assert min(ended_ms.values()) > 0
    assert {r.data.tags["pareto.uid"]: r.info.end_time for r in mlflow_runs(directory)} == ended_ms


def test_resuming_a_finished_sweep_runs_nothing_and_shows_the_front_again(interrupted):
    *_, directory = interrupted
    before = directory.journal.read()
    again = call(directory.storage.parent, "resume", "toy")
    assert again.returncode == 0
    assert "t0000" in again.stdout
    assert directory.journal.read() == before


def test_after_sigkill_and_a_torn_journal_the_sweep_is_carried_on_whole(tmp_path):
    directory = SweepDirectory(tmp_path / "results" / "toy")
    process = start(tmp_path, "run", write_recipe(tmp_path, SLOW))
    wait_for(lambda: is_midway(directory))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    with (directory.path / "journal.jsonl").open("ab") as file:
        file.write(b'{"kind": "record", "proposal": {"ind')
    resumed = call(tmp_path, "run", tmp_path / "recipe.yaml")
    assert resumed.returncode == 0, resumed.stderr
    assert_whole(directory)
    assert len(mlflow_runs(directory)) == 6


@pytest.mark.parametrize("whole_group", [False, True], ids=["the driver", "its process group"])
def test_sigterm_ends_with_130_and_the_sweep_goes_on_where_it_was(tmp_path, whole_group):
    directory = SweepDirectory(tmp_path / "results" / "toy")
    process = start(tmp_path, "run", write_recipe(tmp_path, SLOW))
    wait_for(lambda: is_midway(directory))
    if whole_group:
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()
    stdout, stderr = process.communicate(timeout=240)
    assert process.returncode == 130, stderr
    assert "pareto-search resume toy" in stdout
    assert call(tmp_path, "resume", "toy").returncode == 0
    assert_whole(directory)


def test_a_second_process_on_the_same_sweep_is_refused_and_the_first_goes_on(tmp_path):
    directory = SweepDirectory(tmp_path / "results" / "toy")
    process = start(tmp_path, "run", write_recipe(tmp_path, SLOW, budget={"trials": 2}))
    wait_for(lambda: steps_of(directory))
    second = call(tmp_path, "resume", "toy")
    assert second.returncode == 1
    assert "being run by another process" in second.stderr
    assert process.communicate(timeout=240)[0]
    assert process.returncode == 0
    assert_whole(directory, trials=2)


def test_a_sweep_does_not_go_on_with_other_data(interrupted):
    *_, directory = interrupted
    facts = directory.facts()
    directory.write_json("facts.json", {**facts, "trainable": {"data_digest": "another"}})
    resumed = call(directory.storage.parent, "resume", "toy")
    directory.write_json("facts.json", facts)
    assert resumed.returncode == 2
    assert "data_digest: should be what it was" in resumed.stderr
