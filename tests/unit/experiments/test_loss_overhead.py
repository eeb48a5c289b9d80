"""What the benchmark of the overhead times is what training does."""

import json

import pytest
import torch

from trainables import diagnostics


@pytest.fixture
def overhead(load_benchmark):
    return load_benchmark("loss_overhead")


def test_ten_timed_pairs_hold_one_look_at_the_last_layer(overhead, monkeypatch):
    looks = []
    look = diagnostics.gradient_gramian
    monkeypatch.setattr(
        diagnostics, "gradient_gramian", lambda *args: looks.append(1) or look(*args)
    )
    ratios, seconds = overhead.time_pairs(16, 4, torch.device("cpu"), repeats=10)
    assert len(looks) == 2  # the first warms up, and is not timed
    assert len(ratios) == len(seconds["method"]) == len(seconds["monai"]) == 10
    peaks = {"monai": 1.0, "method": 1.5}
    table = overhead.describe(16, 4, torch.device("cpu"), ratios, seconds, peaks)
    assert "Peak memory: x1.500" in table


def test_the_peak_is_that_of_a_process_of_its_own(overhead, capsys):
    overhead.main(size=16, filters=4, repeats=1, device="cpu", only="method")
    assert 0.05 < json.loads(capsys.readouterr().out)["peak_gib"] < 64
