"""The benchmark of steady state: quick runs end and go on from what is there; a fair verdict."""

import json
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture
def steady_state(load_benchmark, monkeypatch):
    module = load_benchmark("steady_state")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look there
    return module


def test_a_quick_run_makes_the_table_and_a_second_one_measures_nothing(repository, tmp_path):
    script = repository / "experiments" / "benchmarks" / "steady_state.py"
    command = [sys.executable, str(script), "--quick", "--jobs", "1", "--out", str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "| nsga2 | wfg4 | 30 |" in printed
    file = tmp_path / "steady_state.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(rows) == 2 * 2 * 4
    assert all(0 <= early <= late < 1 for early, late in (row["parts"] for row in rows))
    file.write_text(file.read_text().replace('"parts": [0', '"parts": [0.75, 0'))
    again = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "0.750 ± 0.000" in again


@pytest.mark.parametrize("kind", ["nsga2", "nsga3", "smsemoa", "moead"])
@pytest.mark.parametrize("workers", [0, 1, 32])
def test_every_run_has_as_many_trials_as_it_should(steady_state, kind, workers):
    run = steady_state.Run(kind, "zdt1", workers, seed=0, population=8, trials=40)
    problem = steady_state.make_analytic("zdt1")
    losses = (steady_state.by_us if workers else steady_state.by_hand)(run, problem)
    assert losses.shape[0] - 40 in range(1 if workers else 8)
    assert np.isfinite(losses).all()


def test_only_a_significant_loss_on_the_two_problems_misses_the_bar(steady_state):
    rng, found = np.random.default_rng(0), {}
    for kind, gap in (("nsga2", -0.1), ("nsga3", 0.1), ("moead", 0.0)):
        for problem in ("dtlz2", "zdt1"):
            for seed in range(20):
                for workers in (0, *steady_state.WORKERS):
                    run = steady_state.Run(kind, problem, workers, seed, 16)
                    part = 0.5 + rng.normal(0, 0.01) + (gap if workers else 0.0)
                    found[run] = [part, part]
    table, missed = steady_state.describe(found)
    assert [line.split(":")[0] for line in missed] == ["nsga2 on dtlz2"]
    assert "| nsga3 | dtlz2 | 300 |" in table
    assert table.count("| level |") == 12
