"""What the benchmark of the driver promises: it runs, resumes, and its fit tells growth apart."""

import importlib
import json
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture(scope="module")
def scripts(repository):
    folder = str(repository / "experiments" / "benchmarks")
    sys.path.insert(0, folder)
    try:
        yield {name: importlib.import_module(f"driving.{name}") for name in ("growth", "report")}
    finally:
        sys.path.remove(folder)
        for name in [name for name in sys.modules if name.split(".")[0] == "driving"]:
            del sys.modules[name]


def test_a_quick_run_leaves_rows_table_and_figure_and_measures_nothing_again(repository, tmp_path):
    script = repository / "experiments" / "benchmarks" / "driver.py"
    command = [sys.executable, str(script), "--quick", "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=repository)
    rows = [json.loads(line) for line in (tmp_path / "driver.jsonl").read_text().splitlines()]
    assert {row["part"] for row in rows} == {"result", "use", "growth"}
    assert all(0 < row["utilisation"] <= 1 for row in rows if row["part"] == "use")
    assert (tmp_path / "driver.md").read_text().count("| met |") >= 1
    assert (tmp_path / "driver.png").stat().st_size > 5000
    again = [*command, "--only-tables"]
    subprocess.run(again, check=True, capture_output=True, cwd=repository)
    assert len((tmp_path / "driver.jsonl").read_text().splitlines()) == len(rows)


@pytest.mark.parametrize("power", [0.8, 1.0, 1.7])
def test_the_fit_finds_the_power_of_n_log_n(scripts, power):
    n = np.unique(np.geomspace(1000, 10_000, 40).astype(int))
    noise = 1 + 1e-3 * np.random.default_rng(0).standard_normal(len(n))
    found = scripts["growth"].exponent(n, 2 + 1e-4 * (n * np.log(n)) ** power * noise)
    assert found == pytest.approx(power, abs=0.06)


def test_a_bar_that_is_missed_is_said_so(scripts):
    row = {"part": "result", "searcher": "slow", "p50_ms": 1.0, "p99_ms": 12.0, "max_ms": 12.0}
    assert "**missed**" in scripts["report"].describe([row])
