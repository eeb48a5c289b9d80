"""The benchmark of throughput runs every loop, and its table says what was measured."""

import json
import math
import subprocess
import sys

import pytest

from trainables.data.phantom import write_phantom

EACH = """
import json, sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import training_throughput as benchmark
from throughput_runs import run

root = Path(sys.argv[2])
params = benchmark.make_params(benchmark.QUICK["speed"], root / "cases", root / "cache", "cpu")
for kind in ("ours", "plain", "fast-float32"):
    print(json.dumps(run(kind, params)))
"""
"""In one process, so that MONAI is imported once; `fast` comes last, for it stops the tracking of
meta data for good."""

SPEEDS = {"ours": [40.0, 50.0, 90.0], "plain": [20.0] * 3, "fast": [49.0] * 3}


@pytest.fixture
def throughput(load_benchmark):
    return load_benchmark("training_throughput")


def rows_of(speeds, seconds=10.0, peak_gib=2.0):
    return [
        {
            "setting": "s",
            "kind": kind,
            "speed": speed,
            "curve": [[seconds, 0.5], [2 * seconds, 0.8 if kind != "fast" else 0.6]],
            "peak_gib": peak_gib,
            "utilisation": None,
        }
        for kind, values in speeds.items()
        for speed in values
    ]


def test_medians_are_compared_and_a_bar_that_is_missed_is_named(throughput):
    rows = rows_of(SPEEDS | {"fast-float32": [51.0] * 3}, peak_gib=7.0)
    settings = {"s": throughput.Setting(size=8, patch=8, filters=4, epochs=2, steps=2)}
    table, missed = throughput.describe(rows, settings, memory_gib=6.0, device="cpu")
    assert "| plain | 20 | 20 | 20 | x2.50 |" in table
    assert len(missed) == 2
    assert missed[0].startswith("s: x0.98 of fast-float32")
    assert missed[1].startswith("ours takes 7.00 GiB")


def test_who_never_reaches_the_dice_loses(throughput):
    rows = rows_of(SPEEDS | {"fast-float32": [51.0] * 3})
    assert throughput.measured(rows, 0.7)[0] == 20.0
    assert throughput.advantage(rows, "fast", 0.7) == math.inf
    assert throughput.advantage(rows, "plain", 0.7) == 1.0
    for row in rows:
        if row["kind"] == "ours":
            row["curve"] = [[1.0, 0.1]]
    assert throughput.advantage(rows, "plain", 0.7) == 0.0


@pytest.mark.integration
def test_every_loop_trains_and_is_judged(repository, tmp_path):
    write_phantom(tmp_path / "cases", 8, seed=0, size=(32, 32, 32), raters=1)
    folder = repository / "experiments" / "benchmarks"
    command = [sys.executable, "-c", EACH, str(folder), str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=500)
    rows = {row["kind"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(rows) == {"ours", "plain", "fast-float32"}
    for row in rows.values():
        assert row["speed"] > 0
        assert [0 <= dice <= 1 for _, dice in row["curve"]] == [True, True]
