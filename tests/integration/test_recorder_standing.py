"""Each trial's run says how it stands, its parent what it came from; and that costs little."""

import json
import logging

import pytest
from recording import MLFLOW_WARNINGS, HandSweep, make_mirror, make_store

from pareto_search.fronts import colours
from pareto_search.searchers.protocol import TrialState
from pareto_search.tracking import mirror as mirroring
from pareto_search.tracking.client import TrackingClient

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

PLACE = "pareto/hypervolume_rank"
ASHA = {"kind": "asha", "objective": "f1", "grace": 1, "reduction": 2, "max_steps": 4}


@pytest.fixture
def sweep(tmp_path):
    return HandSweep(tmp_path)


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


def count_writes(monkeypatch):
    """The keys of each write from now on."""
    written, write = [], TrackingClient.write

    def counting(client, run, metrics=(), params=None, tags=None):
        written.append({*(m.key for m in metrics), *(params or {}), *(tags or {})})
        write(client, run, metrics, params, tags)

    monkeypatch.setattr(TrackingClient, "write", counting)
    return written


def test_ranks_places_and_colours_are_of_the_whole_sweep_at_its_end(sweep, store):
    values = [(0.5, 0.5), (0.1, 0.8), (0.7, 0.2), (0.6, 0.6), (0.2, 0.3)]
    mirror = make_mirror(sweep, store)
    for index, (f1, f2) in enumerate(values):
        sweep.trial(index, f1, f2)
        mirror.sync()
    sweep.begin(5)
    sweep.report(5, 1)
    sweep.end(5, state=TrialState.STOPPED)
    mirror.finish()
    names = [f"t{index:04d}" for index in range(6)]
    found = [store.tags(name) for name in names]
    assert [tags.get("pareto.rank") for tags in found] == ["1", "0", "0", "2", "0", None]
    places = [[place for _, place in store.metric(name, PLACE)][-1:] for name in names]
    assert places == [[4.0], [3.0], [2.0], [5.0], [1.0], []]
    assert [tags["mlflow.runColor"] for tags in found] == [
        colours.BASELINE, colours.FRONT, colours.FRONT, colours.DOMINATED, colours.KNEE,
        colours.STOPPED,
    ]  # fmt: skip


def test_a_running_trial_has_a_colour_of_its_own(sweep, store):
    sweep.begin(0)
    make_mirror(sweep, store).sync()
    assert store.tags("t0000")["mlflow.runColor"] == colours.RUNNING


def ranks_and_places(store, trials):
    uids = [f"t{index:04d}" for index in range(trials)]
    return [(int(store.tags(uid)["pareto.rank"]), store.metric(uid, PLACE)[-1][1]) for uid in uids]


def test_ranks_and_places_are_current_while_a_sweep_runs(sweep, store):
    mirror = make_mirror(sweep, store)
    for index in range(16):  # each is better than all before: every rank changes every time
        sweep.trial(index, 0.9 - index / 20, 0.9 - index / 20)
        mirror.sync()
        found = ranks_and_places(store, index + 1)
        assert found == [(index - other, index - other + 1) for other in range(index + 1)]


def test_many_that_move_are_written_a_few_at_a_time_until_all_are_right(sweep, store, monkeypatch):
    monkeypatch.setattr(mirroring, "_MOVES", 5)
    mirror = make_mirror(sweep, store)
    for index in range(16):
        sweep.trial(index, 0.9 - index / 20, 0.9 - index / 20)
    mirror.sync()
    sweep.trial(16, 0.05, 0.05)
    written = count_writes(monkeypatch)
    mirror.sync()
    assert sum(PLACE in keys for keys in written) <= 5 + 2  # the new one, and who was the front
    for _ in range(3):
        mirror.sync()
    assert ranks_and_places(store, 17) == [(16 - other, 17 - other) for other in range(17)]
    del written[:]
    mirror.sync()
    assert written == []


def test_a_resume_writes_no_rank_that_is_there(sweep, store, monkeypatch):
    for index in range(4):
        sweep.trial(index, 0.2 + index / 10, 0.7 - index / 7)
    make_mirror(sweep, store).finish()
    written = count_writes(monkeypatch)
    assert make_mirror(sweep, store).finish() == 0
    assert [keys for keys in written if {"pareto.rank", PLACE} & keys] == []


def test_the_rung_that_a_trial_has_reached_goes_with_its_reports(tmp_path):
    sweep, store = HandSweep(tmp_path, scheduler=ASHA), make_store(tmp_path)
    mirror = make_mirror(sweep, store)
    sweep.begin(0)
    for step, rung in [(1, "1"), (2, "2"), (3, "2")]:
        sweep.report(0, step)
        mirror.sync()
        assert store.tags("t0000")["pareto.rung"] == rung
    sweep.trial(1)  # of two reports, which are sent together
    mirror.sync()
    assert store.tags("t0001")["pareto.rung"] == "2"


def test_versions_commit_digests_and_data_lie_on_the_parent(sweep, store):
    facts = {
        "python": "3.11.2", "packages": {"ray": "2.60.0"}, "git_commit": "c0ffee",
        "trainable": {"data_name": "brats", "data_digest": "12ab" * 16, "split_digest": "34cd"},
    }  # fmt: skip
    sweep.directory.write_json("facts.json", facts)
    sweep.trial(0)
    make_mirror(sweep, store).finish()
    (sweep.directory.path / "mlflow.json").unlink()
    make_mirror(sweep, store).finish()
    params = store.params("toy")
    assert (params["versions.ray"], params["git_commit"]) == ("2.60.0", "c0ffee")
    assert (params["facts.data_digest"], params["facts.split_digest"]) == ("12ab" * 16, "34cd")
    assert store.tags("toy")["mlflow.source.git.commit"] == "c0ffee"
    assert store.tags("toy")["pareto.status"] == "finished"
    assert store.ask("SELECT name, digest FROM datasets") == [("brats", "12ab" * 9)]
    linked = "SELECT destination_id FROM inputs WHERE source_type = 'DATASET'"
    assert store.ask(linked) == [(store.run_id("toy"),)]


def test_the_status_follows_the_sweep(sweep, store):
    sweep.begin(0)
    mirror = make_mirror(sweep, store)
    for is_last, status in [(False, "running"), (True, "interrupted")]:
        mirror.finish() if is_last else mirror.sync()
        assert store.tags("toy")["pareto.status"] == status
    sweep.report(0, 1)
    mirror.sync()
    assert store.tags("toy")["pareto.status"] == "running"
    sweep.end(0, state=TrialState.FAILED, error="lost")
    mirror.finish()
    assert store.tags("toy")["pareto.status"] == "failed"


def test_the_note_links_to_the_view_from_the_first_trial_on(sweep, store):
    sweep.begin(0)
    mirror = make_mirror(sweep, store)
    mirror.sync()
    ((key, tag),) = store.ask("SELECT key, value FROM experiment_tags WHERE key LIKE '%View%'")
    assert json.loads(tag)["state"].startswith("deflate;")
    share = key.removeprefix("mlflow.sharedViewState.")
    page = f"runs?viewStateShareKey={share}&compareRunsMode=CHART&"
    assert page in store.tags("toy")["mlflow.note.content"]
    sweep.end(0)
    mirror.finish()
    assert page in store.tags("toy")["mlflow.note.content"]
    assert sweep.directory.read_json("mlflow.json")["view"] == share


def test_a_view_that_cannot_be_written_is_a_warning_and_the_rows_are_recorded(
    sweep, store, monkeypatch, caplog
):
    def refuse(*_):
        raise ValueError("no such tag, says http://me:hunter2@server")

    monkeypatch.setattr(TrackingClient, "set_experiment_tag", refuse)
    sweep.trial(0)
    with caplog.at_level(logging.WARNING):
        assert make_mirror(sweep, store).finish() == 4
    assert "only its rows: no such tag" in caplog.text
    assert "hunter2" not in caplog.text
    assert store.metric("t0000", "f1") == [(1, 0.9), (2, 0.5)]
    note = store.tags("toy")["mlflow.note.content"]
    assert "](" not in note
    assert "**1 are on the front**" in note
