import os
from pathlib import Path

import pytest

from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Journal, Proposal, TrialRecord

FIRST = Proposal(0, {"a.b": 0.1, "kind": "x", "flag": True, "n": 3}, baseline=True, proposed_at=1.5)
RECORD = TrialRecord(
    FIRST,
    TrialState.COMPLETE,
    values={"f1": 0.25, "f2": float("nan")},
    metrics={"dice/WT": 0.5},
    step=4,
    checkpoint="ray/attempt-000/t0000/checkpoint_000003",
    elapsed_s=2.5,
)


def journal_with(path: Path, *entries: Proposal | TrialRecord) -> Journal:
    journal = Journal(path / "journal.jsonl")
    for entry in entries:
        journal.append(entry)
    return journal


def test_what_is_appended_is_read_back_in_order(tmp_path):
    second = Proposal(1, {"a.b": 0.2})
    read = journal_with(tmp_path, FIRST, RECORD, second).read()
    assert [type(entry) for entry in read] == [Proposal, TrialRecord, Proposal]
    assert read[0] == FIRST
    assert read[1].metrics == RECORD.metrics
    assert read[1].values["f2"] != read[1].values["f2"]
    assert read[2] == second


def test_a_missing_file_is_an_empty_journal(tmp_path):
    assert Journal(tmp_path / "none.jsonl").read() == []


@pytest.mark.parametrize(("cut", "whole"), [(1, 2), (5, 1), (40, 1)])
def test_a_torn_last_line_is_passed_over_and_the_next_line_is_whole(tmp_path, cut, whole):
    """A cut of 1 takes the newline alone, which leaves the line whole."""
    journal = journal_with(tmp_path, FIRST, RECORD)
    file = tmp_path / "journal.jsonl"
    os.truncate(file, file.stat().st_size - cut)
    assert len(journal.read()) == whole
    journal.append(Proposal(1, {}))
    read = journal.read()
    assert (len(read), read[0], read[-1]) == (whole + 1, FIRST, Proposal(1, {}))


def test_every_line_is_on_disk_before_append_returns(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_size))
    journal_with(tmp_path, FIRST)
    assert synced == [(tmp_path / "journal.jsonl").stat().st_size]


def test_a_uid_is_the_same_for_the_same_index():
    assert Proposal(7, {}).uid == Proposal(7, {"x": 1.0}).uid == "t0007"


def test_a_reader_goes_on_where_it_was_and_leaves_a_line_that_is_being_written(tmp_path):
    journal, file = journal_with(tmp_path, FIRST), tmp_path / "journal.jsonl"
    entries, offset = journal.read_on(0)
    assert (entries, offset) == ([FIRST], file.stat().st_size)
    journal.append(RECORD)
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    assert journal.read_on(offset) == ([], offset)
    file.write_bytes(whole)
    (record,), end = journal.read_on(offset)
    assert (record.uid, end) == ("t0000", len(whole))
    assert journal.read_on(end) == ([], end)


def test_a_line_that_lacks_only_its_end_is_read_once(tmp_path):
    journal, file = journal_with(tmp_path, FIRST), tmp_path / "journal.jsonl"
    os.truncate(file, file.stat().st_size - 1)
    entries, offset = journal.read_on(0)
    assert entries == [FIRST]
    journal.append(Proposal(1, {}))
    assert journal.read_on(offset)[0] == [Proposal(1, {})]
