import json

import pytest

from pareto_search.errors import SweepNotFoundError
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory, find_sweep, list_sweeps
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.storage.reports import Reports


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "sweep.json").write_text("{}")
    return SweepDirectory(tmp_path / "mine")


def test_a_sweep_is_found_by_name_and_an_unknown_one_names_those_there_are(directory):
    assert find_sweep(directory.storage, "mine") == directory
    assert list_sweeps(directory.storage) == [directory]
    with pytest.raises(SweepNotFoundError, match="Sweeps there: mine") as found:
        find_sweep(directory.storage, "other")
    assert found.value.exit_code == 5


def test_the_first_record_of_a_trial_counts_and_records_come_by_index(directory):
    late, early = Proposal(1, {"x": 1}), Proposal(0, {"x": 0})
    for entry in (
        late,
        early,
        TrialRecord(late, TrialState.COMPLETE, {"f": 1.0}),
        TrialRecord(early, TrialState.FAILED),
        TrialRecord(late, TrialState.FAILED),
    ):
        directory.journal.append(entry)
    assert directory.proposals() == [early, late]
    assert [(r.uid, r.state.value) for r in directory.records()] == [
        ("t0000", "failed"),
        ("t0001", "complete"),
    ]


def test_json_is_written_whole_or_not_at_all(directory, monkeypatch):
    directory.write_json("facts.json", {"a": 1})
    monkeypatch.setattr(json, "dumps", lambda *_, **__: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        directory.write_json("facts.json", {"a": 2})
    assert directory.facts() == {"a": 1}
    assert directory.read_json("absent.json") == {}


def test_reports_are_read_on_from_an_offset_and_a_torn_line_waits_until_it_is_whole(tmp_path):
    reports = Reports(tmp_path / "reports.jsonl")
    assert reports.read() == ([], 0)
    reports.append("t0000", 1, {"f": 0.5}, "ray/c1")
    first, offset = reports.read()
    assert [(line.uid, line.step, line.checkpoint) for line in first] == [("t0000", 1, "ray/c1")]
    with (tmp_path / "reports.jsonl").open("a") as file:
        file.write('{"uid": "t0000", "step": 2')
        file.flush()
        assert reports.read(offset) == ([], offset)
        file.write(', "metrics": {"f": 0.25}}\n')
    (second,), _ = reports.read(offset)
    assert (second.step, second.metrics) == (2, {"f": 0.25})
