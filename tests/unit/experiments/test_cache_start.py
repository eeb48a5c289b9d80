"""What the benchmark of a trial's start promises: trials of each kind, and only the first works."""

import pytest


@pytest.fixture
def script(load_benchmark, monkeypatch):
    module = load_benchmark("cache_start")
    monkeypatch.setattr(module, "TRIALS", ("first", "second"))
    return module


def test_the_quick_mode_writes_a_row_for_each_trial(script, tmp_path, capsys):
    out = tmp_path / "table.md"
    script.main(tmp_path, variants=3, out=out, quick=True, only="")
    table = out.read_text()
    assert table in capsys.readouterr().out
    rows = [line.split(" | ") for line in table.splitlines() if "phantoms" in line]
    assert [row[1] for row in rows] == ["first", "second"]
    assert all(float(row[5]) > 0 for row in rows)
    assert "nothing of speed" in table


def test_the_clock_stops_before_the_first_step(script):
    class Training:
        @staticmethod
        def train_step():
            pytest.fail("a step was run")

    def run():
        Training.train_step()

    step = Training.train_step
    assert script.first_step(Training, run) > 0
    assert Training.train_step is step
    with pytest.raises(RuntimeError, match="should have a step"):
        script.first_step(Training, lambda: None)


def test_a_second_trial_that_begins_late_is_called_missed(script):
    rows = [{"data": "a", "trial": trial, "total": 1.9} for trial in ("first", "second")]
    rows.append({"data": "b", "trial": "second", "total": 2.5})
    assert script.verdicts(rows) == [
        "- met: second trial on a in under 2 s. Found 1.90 s.",
        "- MISSED: second trial on b in under 2 s. Found 2.50 s.",
    ]
