import tracemalloc

from pareto_search.storage import reports as module
from pareto_search.storage.reports import Reports


def test_the_reports_of_some_trials_come_by_step_and_others_are_left_out(tmp_path):
    reports = Reports(tmp_path / "reports.jsonl")
    for uid, step in [("t0001", 2), ("t0002", 1), ("t0001", 1), ("t0003", 1)]:
        reports.append(uid, step, {"f": float(step)})
    found = reports.of(["t0001", "t0002", "t0009"])
    assert {uid: [line.step for line in lines] for uid, lines in found.items()} == {
        "t0001": [1, 2], "t0002": [1], "t0009": [],
    }  # fmt: skip


def test_of_a_step_reported_twice_the_first_counts_and_a_torn_line_is_passed_over(tmp_path):
    file = tmp_path / "reports.jsonl"
    reports = Reports(file)
    reports.append("t0001", 1, {"f": 0.1})
    with file.open("a") as stream:
        stream.write('{"uid": "t0001", "step": 2, "met\n')
    reports.append("t0001", 1, {"f": 0.9})
    (line,) = reports.of(["t0001"])["t0001"]
    assert line.metrics == {"f": 0.1}


def test_of_a_sweep_that_reported_nothing_there_are_none(tmp_path):
    assert Reports(tmp_path / "reports.jsonl").of(["t0001"]) == {"t0001": []}


def test_each_line_comes_once_and_in_order_however_the_blocks_fall(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 200)
    file = tmp_path / "reports.jsonl"
    reports = Reports(file)
    for step in range(20):
        reports.append("t0001", step, {"f": 1.0 / (step + 1)})
    with file.open("a") as stream:
        stream.write("rubbish\n" * 60)  # blocks without a report in them end nothing
    reports.append("t0002", 1, {"f": 0.5})
    with file.open("a") as stream:
        stream.write('{"uid": "t0001", "st')
    assert list(reports.each()) == reports.read()[0]
    assert [line.uid for line in reports.each()] == ["t0001"] * 20 + ["t0002"]


def test_going_through_a_long_file_takes_the_memory_of_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 2**16)
    file = tmp_path / "reports.jsonl"
    Reports(file).append("t0001", 1, {f"metric_{n}": n / 7 for n in range(30)})
    file.write_bytes(file.read_bytes() * 2500)
    tracemalloc.start()
    try:
        count = sum(1 for _ in Reports(file).each())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 2500
    assert most < file.stat().st_size / 2  # all at once take five times the file
