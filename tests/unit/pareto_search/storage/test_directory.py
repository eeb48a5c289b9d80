import os
import resource
from contextlib import contextmanager
from pathlib import Path

import pytest

from pareto_search.errors import SweepDamagedError, SweepNotFoundError
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


@pytest.mark.parametrize("name", ["sweep.json", "facts.json"])
@pytest.mark.parametrize("content", [b'{"name": "mi', b"", b"\xff\xfe"])
def test_a_damaged_file_of_a_sweep_is_an_error_that_names_it_and_the_sweep(
    directory, name, content
):
    (directory.path / name).write_bytes(content)
    with pytest.raises(SweepDamagedError, match=f"{name} of sweep `mine`") as found:
        directory.config() if name == "sweep.json" else directory.facts()
    assert found.value.exit_code == 1


def test_json_that_is_no_configuration_is_a_damaged_sweep(directory):
    directory.write_json("sweep.json", {"name": "mine", "budget": "gone"})
    with pytest.raises(SweepDamagedError, match=r"sweep\.json"):
        directory.config()


def test_the_list_of_mlflow_runs_is_a_cache_whose_damage_costs_nothing(directory):
    assert directory.runs() == {}
    directory.write_json("mlflow.json", {"runs": {"t0000": "abc"}})
    assert directory.runs() == {"t0000": "abc"}
    (directory.path / "mlflow.json").write_text('{"runs": {"t0')
    assert directory.runs() == {}


def test_relative_paths_belong_to_where_the_sweep_was_started_or_here_if_that_is_gone(
    directory, tmp_path
):
    assert directory.started_in().resolve() == Path.cwd()
    (tmp_path / "work").mkdir()
    directory.write_json("facts.json", {"cwd": str(tmp_path / "work")})
    assert directory.started_in() == tmp_path / "work"
    (tmp_path / "work").rmdir()
    assert directory.started_in() == Path.cwd()


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


def test_a_report_after_a_torn_line_is_whole(tmp_path):
    reports = Reports(tmp_path / "reports.jsonl")
    reports.append("t0000", 1, {"f": 0.5})
    with (tmp_path / "reports.jsonl").open("a") as file:
        file.write('{"uid": "t0000", "st')
    reports.append("t0000", 2, {"f": 0.25})
    assert [line.step for line in reports.read()[0]] == [1, 2]


@pytest.mark.parametrize("text", ["", "{", '{"name": 3}'])
def test_a_damaged_configuration_is_named_with_its_file(directory, text):
    (directory.path / "sweep.json").write_text(text)
    with pytest.raises(SweepDamagedError, match=r"sweep\.json of sweep `mine`"):
        directory.config()
