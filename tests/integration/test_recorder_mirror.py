"""A sweep's files and its MLflow runs hold the same, exactly once, whatever happens between."""

import json
import math

import pytest
from recording import MLFLOW_WARNINGS, HandSweep, make_mirror, make_store

from pareto_search.searchers.protocol import TrialState

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]


@pytest.fixture
def sweep(tmp_path):
    return HandSweep(tmp_path)


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


def test_every_proposal_report_and_record_is_counted_and_recorded_once(sweep, store):
    sweep.trial(0, 0.4, 0.6)
    sweep.trial(1, 0.6, 0.4)
    mirror = make_mirror(sweep, store)
    assert mirror.behind() == 8
    assert mirror.sync() == 8
    assert mirror.behind() == 0
    assert store.active_names() == {"toy": 1, "t0000": 1, "t0001": 1}
    assert store.metric("t0001", "f1") == [(1, 0.9), (2, 0.6)]
    assert store.metric("t0001", "dice/WT") == [(1, pytest.approx(0.1)), (2, pytest.approx(0.4))]


def test_a_second_sync_and_a_second_finish_change_nothing(sweep, store):
    sweep.trial(0)
    sweep.trial(1, 0.2, 0.9)
    mirror = make_mirror(sweep, store)
    mirror.finish()
    before = store.everything()
    assert mirror.sync() == 0
    assert mirror.finish() == 0
    assert store.everything() == before


def test_replaying_everything_without_the_cache_changes_nothing(sweep, store):
    for index in range(3):
        sweep.trial(index, 0.2 + index / 10, 0.7 - index / 7)
    make_mirror(sweep, store).finish()
    before = store.everything()
    (sweep.directory.path / "mlflow.json").unlink()
    make_mirror(sweep, store).finish()
    assert store.everything() == before


def test_a_corrupt_cache_is_as_none(sweep, store):
    sweep.trial(0)
    make_mirror(sweep, store).finish()
    before = store.everything()
    (sweep.directory.path / "mlflow.json").write_text('{"torn')
    make_mirror(sweep, store).finish()
    assert store.everything() == before
    assert sweep.directory.runs() == {"t0000": store.run_id("t0000")}


def test_runs_carry_the_point_the_state_and_the_error(sweep, store):
    sweep.trial(0)
    sweep.begin(1)
    sweep.end(1, math.nan, math.nan, TrialState.FAILED, step=-1, error="CUDA out of memory")
    make_mirror(sweep, store).finish()
    assert store.params("t0001") == {"x0": "0.1", "kind": "a"}
    tags = store.tags("t0001")
    assert tags["mlflow.parentRunId"] == store.run_id("toy")
    assert tags["pareto.uid"] == "t0001"
    assert tags["pareto.state"] == "failed"
    assert tags["pareto.error"] == "CUDA out of memory"
    assert tags["pareto.baseline"] == "false"
    assert store.tags("t0000")["pareto.baseline"] == "true"
    assert store.statuses()["t0001"] == "FAILED"
    assert store.params("toy")["params.data.layout"] == "phantom"
    assert store.params("toy")["budget.trials"] == "4"
    assert json.loads(store.tags("toy")["pareto.reference"]) == {"f1": 1.0, "f2": 1.0}


def test_the_tags_of_the_front_follow_the_trials(sweep, store):
    sweep.trial(0, 0.5, 0.5)
    mirror = make_mirror(sweep, store)
    mirror.sync()
    assert store.tags("t0000")["pareto.on_front"] == "true"
    sweep.trial(1, 0.1, 0.1)
    sweep.trial(2, 0.0, 0.9)
    sweep.trial(3, 0.9, 0.0)
    mirror.sync()
    names = [f"t{index:04d}" for index in range(4)]
    assert [store.tags(n)["pareto.on_front"] for n in names] == ["false", "true", "true", "true"]
    assert store.tags("t0001")["pareto.beats_baseline"] == "true"
    assert store.tags("t0002")["pareto.beats_baseline"] == "false"
    assert [store.tags(n)["pareto.knee"] for n in names] == ["false", "true", "false", "false"]


def test_nan_and_infinite_metrics_and_foreign_keys_are_recorded_once(sweep, store):
    sweep.begin(0)
    sweep.report(0, 1, math.nan, math.inf, **{"dice@WT": 0.5, "/abs": 1.0, "a//b": 2.0})
    mirror = make_mirror(sweep, store)
    mirror.sync()
    (sweep.directory.path / "mlflow.json").unlink()
    make_mirror(sweep, store).sync()
    assert store.metric("t0000", "f1") == [(1, None)]
    assert store.metric("t0000", "f2") == [(1, pytest.approx(1.797e308, rel=1e-3))]
    assert store.metric("t0000", "dice_WT-b328") == [(1, 0.5)]
    assert len(store.ask("SELECT * FROM metrics")) == 6


def test_last_values_whose_report_was_lost_are_recorded_from_the_journal(sweep, store):
    sweep.begin(0)
    sweep.report(0, 1)
    sweep.end(0, 0.25, 0.75, step=2)
    make_mirror(sweep, store).finish()
    assert store.metric("t0000", "f1") == [(1, 0.5), (2, 0.25)]


def test_more_than_a_batch_of_metrics_and_params_is_recorded(tmp_path):
    points = {f"x{i}": {"type": "float", "low": 0, "high": 1} for i in range(3)}
    fixed = {f"p{i}": i for i in range(230)}
    sweep = HandSweep(tmp_path, space=points, params=fixed, baselines=[])
    store = make_store(tmp_path)
    sweep.begin(0)
    for step in range(1, 31):
        sweep.report(0, step, **{f"m{i}": float(i) for i in range(70)})
    make_mirror(sweep, store).sync()
    assert store.ask("SELECT count(*) FROM metrics") == [(30 * 73,)]
    assert sum(key.startswith("params.p") for key in store.params("toy")) == 230


def test_a_run_that_was_deleted_by_hand_is_made_anew_in_full(sweep, store):
    sweep.trial(0, 0.4, 0.6)
    mirror = make_mirror(sweep, store)
    mirror.sync()
    mirror._client.delete(mirror._session.children["t0000"])
    with pytest.raises(Exception, match="active"):
        (sweep.report(0, 3), mirror.sync())
    mirror.sync()
    assert store.active_names()["t0000"] == 1
    assert store.metric("t0000", "f1") == [(1, 0.9), (2, 0.4), (3, 0.5)]


def test_a_run_made_twice_by_a_repeated_request_is_deleted(sweep, store):
    sweep.trial(0)
    mirror = make_mirror(sweep, store)
    mirror.sync()
    session = mirror._session
    run = session.children["t0000"]
    session.client.create_run(session.experiment_id, "t0000", run.start_ms, run.tags)
    mirror.finish()
    assert store.active_names()["t0000"] == 1
    assert store.run_id("t0000") == run.id


def test_a_new_sweep_of_an_old_name_gets_runs_of_its_own(tmp_path, store):
    old = HandSweep(tmp_path / "old")
    old.trial(0)
    make_mirror(old, store).finish()
    new = HandSweep(tmp_path / "new")
    new.begin(7)
    make_mirror(new, store).finish()
    assert store.active_names() == {"toy": 2, "t0000": 1, "t0007": 1}


def test_another_store_gets_the_whole_sweep(sweep, store, tmp_path):
    sweep.trial(0)
    make_mirror(sweep, store).finish()
    other = make_store(tmp_path / "other")
    assert make_mirror(sweep, other).finish() == 4
    assert other.metric("t0000", "f1") == store.metric("t0000", "f1")


def test_before_the_first_trial_there_is_an_experiment_and_no_run(sweep, store):
    assert make_mirror(sweep, store).sync() == 0
    assert store.active_names() == {}
    ((location,),) = store.ask("SELECT artifact_location FROM experiments WHERE name = 'toy'")
    assert location == (sweep.directory.storage / "mlartifacts" / "toy").as_uri()


def test_a_deleted_experiment_is_an_error_that_says_the_way_out(sweep, store):
    mirror = make_mirror(sweep, store)
    mirror.sync()
    mirror._client._client.delete_experiment(
        sweep.directory.read_json("mlflow.json")["experiment_id"]
    )
    sweep.begin(0)
    with pytest.raises(Exception, match="restore it"):
        make_mirror(sweep, store).sync()


def test_one_request_writes_all_metrics_of_a_trial(sweep, store, monkeypatch):
    for index in range(3):
        sweep.begin(index)
        for step in range(1, 21):
            sweep.report(index, step, **{f"m{i}": 1.0 for i in range(17)})
    mirror = make_mirror(sweep, store)
    mirror.sync()
    batches = []
    write = mirror._client._client.log_batch
    monkeypatch.setattr(
        mirror._client._client, "log_batch", lambda *a: (batches.append(a), write(*a))[1]
    )
    for index in range(3):
        sweep.report(index, 21)
        sweep.report(index, 22)
    mirror.sync()
    assert len(batches) == 3
