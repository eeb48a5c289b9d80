"""What the benchmarks of the failing edge and of 144 points promise."""

import json
import subprocess
import sys

import numpy as np
import pytest


@pytest.mark.parametrize("name", ["failing_edge", "discrete"])
def test_a_quick_run_leaves_rows_and_a_table_and_a_second_measures_nothing(
    repository, tmp_path, name
):
    script = repository / "experiments" / "benchmarks" / f"{name}.py"
    command = [sys.executable, str(script), "--quick", "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=repository)
    rows = (tmp_path / f"{name}.jsonl").read_text()
    table = (tmp_path / f"{name}.md").read_text()
    searchers = {json.loads(line)["searcher"] for line in rows.splitlines()}
    assert len(searchers) == 2
    assert all(f"| {searcher} |" in table for searcher in searchers)
    subprocess.run(command, check=True, capture_output=True, cwd=repository)
    assert (tmp_path / f"{name}.jsonl").read_text() == rows
    assert (tmp_path / f"{name}.md").read_text() == table


@pytest.fixture
def failing_edge(repository, load_benchmark, monkeypatch):
    monkeypatch.syspath_prepend(repository / "experiments" / "benchmarks")
    return load_benchmark("failing_edge")


def test_the_stated_hypervolume_is_that_of_the_front(failing_edge):
    a = (np.arange(100_000) + 0.5) / 100_000
    front = 0.6 + (1 - a) ** 2
    assert np.mean(2.0 - front) + 0.1 * (2.0 - 0.6) == pytest.approx(
        failing_edge.EDGES["corner"].best, abs=1e-6
    )


def test_the_front_lies_on_the_edge_of_what_fails(failing_edge):
    assert failing_edge.corner_losses({"a": 0.5, "b": 0.3, "c": 0.3}) == (0.5, 0.85)
    assert failing_edge.corner_losses({"a": 0.5, "b": 0.3, "c": 0.29}) is None
