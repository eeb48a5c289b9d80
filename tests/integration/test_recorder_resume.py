"""An interrupted or killed sweep goes on in the same MLflow runs, and ends them when it ended."""

import pytest
from recording import BEGAN, MLFLOW_WARNINGS, HandSweep, make_mirror, make_store

from pareto_search.searchers.protocol import TrialState

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]


@pytest.fixture
def sweep(tmp_path):
    return HandSweep(tmp_path)


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


@pytest.mark.parametrize("is_cache_lost", [False, True])
def test_a_killed_and_resumed_sweep_has_one_run_a_trial_and_no_doubled_metric(
    sweep, store, is_cache_lost
):
    sweep.trial(0, 0.4, 0.6)
    sweep.begin(1)
    sweep.report(1, 1, 0.8, 0.8)
    sweep.report(1, 2, 0.7, 0.7)
    make_mirror(sweep, store).sync()  # and the process is killed
    if is_cache_lost:
        (sweep.directory.path / "mlflow.json").unlink()
    sweep.report(1, 2, 0.71, 0.71)  # reported again from the checkpoint of step 1
    sweep.report(1, 3, 0.3, 0.9)
    sweep.end(1, 0.3, 0.9, step=3)
    make_mirror(sweep, store).finish()
    assert store.active_names() == {"toy": 1, "t0000": 1, "t0001": 1}
    assert store.metric("t0001", "f1") == [(1, 0.8), (2, 0.7), (3, 0.3)]
    assert store.metric("t0000", "f1") == [(1, 0.9), (2, 0.4)]
    assert store.metric("toy", "front_size") == [(1, 1.0), (2, 2.0)]
    assert [step for step, _ in store.metric("toy", "hypervolume")] == [1, 2]
    assert set(store.statuses().values()) == {"FINISHED"}


def test_reports_of_an_interrupted_trial_reopen_its_run(sweep, store):
    sweep.begin(0)
    sweep.report(0, 1)
    make_mirror(sweep, store).finish()
    assert store.statuses() == {"toy": "KILLED", "t0000": "KILLED"}
    assert store.tags("t0000")["pareto.state"] == "interrupted"
    sweep.report(0, 2)
    mirror = make_mirror(sweep, store)
    mirror.sync()
    assert store.statuses() == {"toy": "RUNNING", "t0000": "RUNNING"}
    assert store.tags("t0000")["pareto.state"] == "running"
    sweep.end(0, state=TrialState.STOPPED)
    mirror.finish()
    assert store.tags("t0000")["pareto.state"] == "stopped"
    assert store.end_s("t0000") == BEGAN + 10


@pytest.mark.parametrize("state", [TrialState.COMPLETE, TrialState.STOPPED])
@pytest.mark.parametrize("is_seen_running", [True, False])
def test_an_interrupted_trial_ends_when_it_did_after_the_resume(
    sweep, store, state, is_seen_running
):
    sweep.trial(0)
    sweep.begin(1)
    sweep.report(1, 1)
    make_mirror(sweep, store).finish()
    assert store.statuses() == {"toy": "KILLED", "t0000": "FINISHED", "t0001": "KILLED"}
    mirror = make_mirror(sweep, store)
    sweep.report(1, 2)
    if is_seen_running:
        mirror.sync()
        assert store.statuses() == {"toy": "RUNNING", "t0000": "FINISHED", "t0001": "RUNNING"}
    sweep.end(1, state=state, ended_at=BEGAN + 5000)  # of which it worked 11 s
    mirror.finish()
    status = "KILLED" if state is TrialState.STOPPED else "FINISHED"
    assert store.statuses() == {"toy": "FINISHED", "t0000": "FINISHED", "t0001": status}
    assert store.end_s("t0001") == store.end_s("toy") == BEGAN + 5000
    ((last,),) = store.ask("SELECT max(timestamp) FROM metrics WHERE key = 'hypervolume'")
    assert last == (BEGAN + 5000) * 1000


def test_a_trial_begun_after_a_resume_sets_the_sweep_running(sweep, store):
    sweep.begin(0)
    make_mirror(sweep, store).finish()
    assert store.statuses()["toy"] == "KILLED"
    sweep.begin(1)
    make_mirror(sweep, store).sync()
    assert store.statuses() == {"toy": "RUNNING", "t0000": "KILLED", "t0001": "RUNNING"}


def test_recording_an_interrupted_sweep_again_changes_nothing(sweep, store):
    sweep.begin(0)
    sweep.report(0, 1)
    make_mirror(sweep, store).finish()
    before = store.everything()
    make_mirror(sweep, store).finish()
    assert store.everything() == before


def test_a_long_backlog_goes_on_where_it_was_killed(sweep, store, monkeypatch):
    monkeypatch.setattr("pareto_search.tracking.reader.LINES_A_SNAPSHOT", 4)
    sweep.begin(0)
    for step in range(1, 11):
        sweep.report(0, step)
    sweep.end(0, step=10)
    mirror = make_mirror(sweep, store)
    mirror._open()
    send, calls = mirror._send, []

    def send_one_part(*arguments):
        if calls:
            raise KeyboardInterrupt
        calls.append(arguments)
        return send(*arguments)

    monkeypatch.setattr(mirror, "_send", send_one_part)
    with pytest.raises(KeyboardInterrupt):
        mirror.sync()
    assert sweep.directory.read_json("mlflow.json")["cursor"] == {"reports": 4, "records": 0}
    assert make_mirror(sweep, store).finish() == 6 + 1
    assert [step for step, _ in store.metric("t0000", "f1")] == list(range(1, 11))
