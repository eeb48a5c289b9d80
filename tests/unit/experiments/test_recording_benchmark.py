"""The benchmark of recording runs, counts what is lost, and says which bar was missed."""

import json
import subprocess
import sys

import pytest


@pytest.fixture
def scripts(load_benchmark, repository, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "experiments" / "benchmarks"))
    names = ("recording", "recording_fronts", "recording_contestants")
    return {name: load_benchmark(name) for name in names}


def row(part, store="server", **numbers):
    report = {"p50_ms": 0.1, "p99_ms": 0.5, "max_ms": 4.0}
    plain = {"repeat": 0, "size": [10, 50, 20], "lost": 0, "mean_ms": 0.2, "took_s": 1.0,
             "reports_a_s": 300.0, "load": 1.0, "report": report}  # fmt: skip
    return {"part": part, "store": store, **plain, **numbers}


GOOD = [row("glue", reports_a_s=20.0, mean_ms=50.0), row("ours")]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"lost": 1}, "server: rows lost 1: **missed**"),
        ({"mean_ms": 1.5}, "1.500 ms a report on the event loop: **missed**"),
        ({"reports_a_s": 150.0}, "8x the reports/s of the glue: **missed**"),
    ],
)
def test_each_bar_of_recording_can_be_missed(scripts, change, part):
    describe = scripts["recording"].describe
    assert describe(GOOD)[1] == []
    table, missed = describe([GOOD[0], row("ours", **change)])
    assert part in table
    assert len(missed) == 1


@pytest.mark.parametrize(("ms", "error", "count"), [(49.0, 1e-13, 0), (51.0, 0, 1), (1, 1e-11, 1)])
def test_a_curve_is_to_be_quick_and_right(scripts, ms, error, count):
    plain = {"front": 9, "at_once_least_ms": ms, "one_by_one_ms": 30.0, "load": 1.0}
    key = {"part": "front", "kind": "uniform", "trials": 10_000}
    found = {**key, **plain, "at_once_ms": ms, "error": error}
    assert len(scripts["recording"].describe([*GOOD, found])[1]) == count


@pytest.mark.parametrize("kind", ["uniform", "nearing a front", "all on the front"])
def test_fronts_and_curves_of_all_kinds_equal_moocores(scripts, kind):
    found = scripts["recording_fronts"].measure(kind, 500)
    assert found["error"] <= 1e-12
    assert found["front"] == 500 if kind == "all on the front" else 1 < found["front"] < 500


def test_a_row_that_is_missing_in_the_store_is_counted_as_lost(scripts, tmp_path, monkeypatch):
    contestants = scripts["recording_contestants"]
    monkeypatch.setattr(contestants, "_count_metrics", lambda *_: 2 * 3 * 20 - 7)
    monkeypatch.setattr(contestants, "Recorder", Silent)
    found = contestants.ours("sqlite:///none", tmp_path / "none", tmp_path, (2, 3, 20))
    assert found["lost"] == 7
    assert found["report"]["p50_ms"] > 0


class Silent:
    """A recorder that records nothing."""

    def __init__(self, *_):
        pass

    def start(self):
        pass

    def close(self, _timeout_s):
        return True


@pytest.mark.integration
def test_a_quick_run_records_all_of_both_and_measures_nothing_again(repository, tmp_path):
    script = repository / "experiments" / "benchmarks" / "recording.py"
    command = [sys.executable, str(script), "--quick", "--out", str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "sqlite: rows lost 0: met" in printed
    rows = [json.loads(line) for line in (tmp_path / "recording.jsonl").read_text().splitlines()]
    assert [row["part"] for row in rows] == ["glue", "ours", "front", "front", "front"]
    assert [row["lost"] for row in rows[:2]] == [0, 0]
    again = [*command, "--only-table"]
    subprocess.run(again, check=True, capture_output=True)
    assert len((tmp_path / "recording.jsonl").read_text().splitlines()) == len(rows)
