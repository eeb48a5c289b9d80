"""What the reader hands over: everything once, the first report of a step, nothing too early."""

import pytest
from recording import HandSweep

from pareto_search.storage import journal
from pareto_search.tracking import reader as module
from pareto_search.tracking.reader import Reader


@pytest.fixture
def sweep(tmp_path):
    return HandSweep(tmp_path)


def steps(snapshot):
    return [(line.uid, line.step, line.metrics["f1"]) for line in snapshot.reports]


def test_nothing_is_read_where_there_are_no_files(sweep):
    snapshot = Reader(sweep.directory).take()
    assert (dict(snapshot.proposals), snapshot.records, snapshot.reports) == ({}, (), ())


def test_the_first_report_of_a_step_counts(sweep):
    sweep.begin(0)
    sweep.report(0, 1, 0.1)
    sweep.report(0, 1, 0.2)
    reader = Reader(sweep.directory)
    first = reader.take()
    assert steps(first) == [("t0000", 1, 0.1)]
    reader.sent("t0000", [1])
    reader.advance(first)
    sweep.report(0, 1, 0.3)
    sweep.report(0, 2, 0.4)
    assert steps(reader.take()) == [("t0000", 2, 0.4)]


def test_what_was_taken_and_not_sent_is_taken_again(sweep):
    sweep.begin(0)
    sweep.report(0, 1)
    sweep.report(0, 2)
    reader = Reader(sweep.directory)
    reader.take()
    reader.sent("t0000", [1])
    assert [line.step for line in reader.take().reports] == [2]


def test_a_new_reader_goes_on_after_the_lines_it_is_told(sweep):
    sweep.begin(0)
    for step in (1, 2):
        sweep.report(0, step)
    lines = Reader(sweep.directory).take().lines
    sweep.report(0, 2, 0.9)  # once more, after a resume
    sweep.report(0, 3)
    reader = Reader(sweep.directory, lines)
    assert [line.step for line in reader.take().reports] == [3]
    assert [line.step for line in reader.take().reports] == [3]
    assert reader.has_sent("t0000", 2)


def test_records_come_in_the_order_of_their_ends_and_once(sweep):
    for index in range(3):
        sweep.begin(index)
    for index in (2, 0, 2, 1):
        sweep.end(index)
    assert [r.uid for r in Reader(sweep.directory).take().records] == ["t0002", "t0000", "t0001"]


def test_a_report_written_while_reading_finds_its_proposal(sweep, monkeypatch):
    reader = Reader(sweep.directory)
    read = type(sweep.directory.reports).read

    def read_late(reports, *where):
        if not sweep.directory.proposals():
            sweep.trial(0)  # between the first look at the journal and the reports
        return read(reports, *where)

    monkeypatch.setattr(type(sweep.directory.reports), "read", read_late)
    snapshot = reader.take()
    assert {line.uid for line in snapshot.reports} <= set(snapshot.proposals)
    assert snapshot.records == ()  # its end comes with the next look


def test_a_torn_line_is_passed_over(sweep):
    sweep.begin(0)
    sweep.report(0, 1)
    with (sweep.directory.path / "reports.jsonl").open("a") as file:
        file.write('{"uid": "t0000", "st')
    reader = Reader(sweep.directory)
    assert [line.step for line in reader.take().reports] == [1]


def test_many_reports_come_in_parts_and_records_are_complete_with_the_last(sweep, monkeypatch):
    monkeypatch.setattr(module, "LINES_A_SNAPSHOT", 4)
    sweep.begin(0)
    for step in range(1, 11):
        sweep.report(0, step)
    sweep.end(0, step=10)
    reader, parts = Reader(sweep.directory, lines=1), []
    while not parts or not parts[-1].is_complete:
        parts.append(reader.take())
        assert [line.step for line in reader.take().reports] == [
            line.step for line in parts[-1].reports
        ]
        reader.sent("t0000", [line.step for line in parts[-1].reports])
        reader.advance(parts[-1])
    assert [line.step for part in parts for line in part.reports] == list(range(2, 11))
    assert [part.lines for part in parts] == [5, 9, 10]
    assert len(parts[-1].records) == 1


def test_of_a_long_journal_only_what_is_new_is_parsed(sweep, monkeypatch):
    for index in range(20):
        sweep.trial(index)
    reader = Reader(sweep.directory)
    first = reader.take()
    parsed = []
    parse = journal._parse
    monkeypatch.setattr(journal, "_parse", lambda line: parsed.append(line) or parse(line))
    sweep.trial(20)
    second = reader.take()
    assert len([line for line in parsed if line]) == 2
    assert list(second.proposals) == [*first.proposals, "t0020"]
    assert [r.uid for r in second.records] == [*(r.uid for r in first.records), "t0020"]
    assert len(first.proposals) == 20  # a snapshot is of one moment


def test_a_new_reader_passes_over_known_lines_block_by_block(sweep, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 300)
    monkeypatch.setattr(module, "LINES_A_SNAPSHOT", 4)
    sweep.begin(0)
    for step in range(1, 21):
        sweep.report(0, step)
    reader = Reader(sweep.directory, lines=18)
    assert [line.step for line in reader.take().reports] == [19, 20]
    assert all(reader.has_sent("t0000", step) for step in range(1, 19))
    assert reader.take().is_complete
