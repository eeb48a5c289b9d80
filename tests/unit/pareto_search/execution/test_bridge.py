import pickle
import threading
from types import SimpleNamespace

import pytest

from pareto_search.execution import dropping
from pareto_search.execution.bridge import LedgerCallback
from pareto_search.execution.stopping import JudgingScheduler, SweepStopper
from pareto_search.execution.trainable import FAILURE
from pareto_search.trials.judging import Judge

METRICS = {"f1": 0.5, "f2": 0.25}


class FakeTrial:
    """What the callback reads of a Tune trial: its assignment, its folder, why it was lost."""

    def __init__(self, uid, folder=None):
        self.config = {"uid": uid}
        self.folder = folder
        self.storage = SimpleNamespace(trial_fs_path=str(folder)) if folder else None
        self.error_file = None

    def lose(self, cause):
        """Its worker is gone, and Tune wrote down why."""
        self.error_file = str(self.folder / "error.txt")
        self.folder.mkdir(parents=True)
        (self.folder / "error.txt").write_text(cause)

    def save(self, name):
        """A checkpoint of its own, as Tune leaves it on disk."""
        (self.folder / name).mkdir(parents=True)
        (self.folder / name / "state.json").write_text("{}")
        return name


@pytest.fixture
def ledger(make_ledger):
    """A ledger with two trials at work."""
    ledger = make_ledger()
    ledger.propose()
    ledger.propose()
    return ledger


@pytest.fixture
def make_trial(ledger):
    return lambda uid="t0000": FakeTrial(uid, ledger.directory.path / "ray" / uid)


def make_callback(ledger, scheduler=None):
    return LedgerCallback(ledger, Judge(scheduler, ledger.config.objectives))


def report(callback, trial, step, name=None):
    result = {"step": step, "metrics": METRICS, "checkpoint_dir_name": name}
    callback.on_trial_result(step, [trial], trial, result)


def kept(trial):
    return sorted(place.name for place in trial.folder.iterdir())


def test_only_the_two_newest_checkpoints_of_a_trial_stay_on_disk(ledger, make_trial):
    callback, trial = make_callback(ledger), make_trial()
    for step in range(1, 6):
        report(callback, trial, step, trial.save(f"c{step}"))
        assert {f"c{s}" for s in (step - 1, step) if s > 0} <= set(kept(trial))
    callback.on_experiment_end([trial])
    assert kept(trial) == ["c4", "c5"]
    assert ledger.checkpoint_of("t0000") == str(trial.folder / "c5")


def test_no_result_waits_for_a_disk_that_is_slow_to_drop_a_checkpoint(
    ledger, make_trial, monkeypatch
):
    disk, rmtree = threading.Event(), dropping.shutil.rmtree
    monkeypatch.setattr(
        dropping.shutil, "rmtree", lambda *place, **how: disk.wait(30) and rmtree(*place, **how)
    )
    callback, trial = make_callback(ledger), make_trial()
    for step in range(1, 5):
        report(callback, trial, step, trial.save(f"c{step}"))
    assert ledger.running["t0000"].last.step == 4
    assert kept(trial) == ["c1", "c2", "c3", "c4"]
    disk.set()
    callback.on_experiment_end([trial])
    assert kept(trial) == ["c3", "c4"]


def test_a_trial_drops_no_checkpoint_of_another(ledger, make_trial):
    callback, one, other = make_callback(ledger), make_trial(), make_trial("t0001")
    for step in range(1, 4):
        report(callback, one, step, one.save(f"c{step}"))
    report(callback, other, 1, other.save("c1"))
    callback.on_experiment_end([one, other])
    assert (kept(one), kept(other)) == (["c2", "c3"], ["c1"])


def test_a_report_that_saved_nothing_leaves_the_checkpoints_as_they_are(ledger, make_trial):
    callback, trial = make_callback(ledger), make_trial()
    report(callback, trial, 1)
    assert ledger.checkpoint_of("t0000") is None
    report(callback, trial, 2, trial.save("c2"))
    for step in range(3, 6):
        report(callback, trial, step)
    callback.on_experiment_end([trial])
    assert kept(trial) == ["c2"]
    assert ledger.checkpoint_of("t0000") == str(trial.folder / "c2")


def test_a_trial_that_has_no_folder_has_no_checkpoint(ledger):
    report(make_callback(ledger), FakeTrial("t0000"), 1, "c1")
    assert ledger.running["t0000"].last.metrics == METRICS
    assert ledger.checkpoint_of("t0000") is None


def test_a_lost_worker_fails_its_trial_and_the_cause_is_in_the_record_and_on_disk(
    ledger, make_trial
):
    cause = "Failure # 3\nTraceback (most recent call last):\n  ...\nOut of memory on node 7\n"
    trial = make_trial()
    trial.lose(cause)
    make_callback(ledger).on_trial_error(1, [trial], trial)
    (record,) = ledger.records
    assert (record.uid, record.state.value) == ("t0000", "failed")
    assert "worker was lost" in record.error
    assert "2 retries" in record.error
    assert record.error.endswith("Out of memory on node 7")
    assert (ledger.directory.path / "failures" / "t0000.txt").read_text() == cause
    assert list(ledger.running) == ["t0001"]


def test_a_worker_lost_for_no_known_reason_still_ends_its_trial(ledger, make_trial):
    trial, silent = make_trial(), make_trial("t0001")
    silent.lose(" \n")
    for lost in (trial, silent):
        make_callback(ledger).on_trial_error(1, [lost], lost)
    assert [record.uid for record in ledger.records] == ["t0000", "t0001"]
    assert all("worker was lost" in record.error for record in ledger.records)


def test_what_a_trainable_raised_is_the_error_of_its_record_and_no_report(ledger, make_trial):
    callback, trial = make_callback(ledger), make_trial()
    failure = {
        "error": "ValueError: no",
        "traceback": "in train, line 3",
        "infeasible": False,
        "lost": False,
    }
    callback.on_trial_result(1, [trial], trial, {FAILURE: failure})
    callback.on_trial_complete(1, [trial], trial)
    assert ledger.records[0].error == "ValueError: no"
    assert (ledger.directory.path / "failures" / "t0000.txt").read_text() == "in train, line 3"
    assert ledger.directory.reports.read()[0] == []


def test_a_result_that_tune_adds_by_itself_is_no_report(ledger, make_trial):
    trial = make_trial()
    make_callback(ledger).on_trial_result(1, [trial], trial, {"done": True})
    assert ledger.directory.reports.read()[0] == []
    assert ledger.records == []


def test_the_time_of_a_trial_counts_from_when_it_has_its_worker(ledger, make_trial):
    callback, trial = make_callback(ledger), make_trial()
    for _ in range(10):
        ledger.clock()
    callback.on_trial_start(0, [trial], trial)
    report(callback, trial, 1)
    callback.on_trial_complete(1, [trial], trial)
    assert ledger.records[0].elapsed_s == 2  # the clock ticks at each report and end


def test_nothing_of_the_sweep_is_pickled_into_the_snapshots_of_tune(ledger, make_search):
    """A lock, a thread or a study in them would fail or slow every snapshot."""
    judge = Judge(None, ledger.config.objectives)
    parts = (
        make_search(ledger),
        make_callback(ledger),
        JudgingScheduler(judge),
        SweepStopper(lambda: False),
    )
    for part in parts:
        part.lock = threading.Lock()
        assert vars(pickle.loads(pickle.dumps(part))) == {}
