import os
import resource
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def full_disk(_):
    """No file of this process grows past 100 bytes, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_replacing(monkeypatch):
    """The moment before a new file takes the place of the old one is the process's last."""

    def fail(*_):
        raise OSError

    with monkeypatch.context() as patch:
        for owner, name in ((Path, "replace"), (Path, "rename"), (os, "replace"), (os, "rename")):
            patch.setattr(owner, name, fail)
        yield


@pytest.mark.parametrize("fault", [full_disk, no_replacing])
def test_json_is_written_whole_or_not_at_all(directory, monkeypatch, fault):
    directory.write_json("facts.json", {"a": 1})
    with pytest.raises(OSError), fault(monkeypatch):  # noqa: PT011  whatever the system calls it
        directory.write_json("facts.json", {"a": "long" * 100})
    assert directory.facts() == {"a": 1}
    directory.write_json("facts.json", {"a": 3})
    assert directory.facts() == {"a": 3}


def test_what_is_no_json_leaves_the_file_as_it_was(directory):
    directory.write_json("facts.json", {"a": 1})
    with pytest.raises(TypeError):
        directory.write_json("facts.json", {"a": 1, "b": object()})
    assert directory.facts() == {"a": 1}


def test_a_file_that_was_never_written_reads_as_empty(directory):
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
