"""What is particular to Gaussian processes: one full space, and which trials teach them what."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from searching import lighten, searcher_of

from pareto_search.searchers import gp_candidates
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice, Float, Int, contains

UNIT = {f"x{place}": Float(type="float", low=0, high=1) for place in range(2)}
NESTED = {
    "kind": Choice(type="choice", values=("a", 1, True)),
    "n": Int(type="int", low=1, high=9, when={"kind": ["a", 1]}),
    "x": Float(type="float", low=1e-3, high=1, log=True, when={"n": [2, 3]}),
    "fixed": Int(type="int", low=4, high=4),
    "y": Float(type="float", low=0, high=1, when={"fixed": 4, "kind": True}),
}


@pytest.fixture(autouse=True)
def _light(monkeypatch):
    lighten(monkeypatch.setattr)


def searcher(space, startup=4):
    return searcher_of(("optuna", "gp"), space, startup=startup)


def complete(*losses):
    return Outcome(TrialState.COMPLETE, losses)


def test_inactive_parameters_lie_at_one_value_whatever_is_proposed_for_them():
    found = searcher(NESTED)
    columns = found._keys
    full = found._full_space()
    for seed in range(3):
        rows = full.search_space.sample_normalized_params(64, np.random.RandomState(seed))
        padded = full.pad(torch.from_numpy(rows)).numpy()
        for row, filled in zip(rows, padded, strict=True):
            point = found._point(row)
            assert contains(NESTED, point)
            assert found._point(filled) == point
            for place, key in enumerate(columns):
                if key not in point:
                    assert filled[place] == full._padding[place]
                else:
                    assert filled[place] == row[place]


def test_a_trial_is_modelled_where_its_point_lies():
    """The row that is kept for a point is that of the padded space."""
    found = searcher(NESTED)
    points = [
        {"kind": "a", "n": 3, "x": 0.5, "fixed": 4},
        {"kind": 1, "n": 7, "fixed": 4},
        {"kind": True, "fixed": 4, "y": 0.25},
    ]
    for index, point in enumerate(points):
        found.adopt(index, point)
        row = found._running[index]
        assert found._full_space().pad(torch.from_numpy(row)).numpy().tolist() == row.tolist()
        assert contains(NESTED, found._point(row))
        assert found._point(row)["kind"] is point["kind"]


def test_only_complete_trials_teach_what_losses_are():
    found = searcher(UNIT)
    for index in range(12):
        found.adopt(index, dict.fromkeys(UNIT, index / 12))
    found.tell(0, complete(1.0, 2.0))
    found.tell(1, Outcome(TrialState.STOPPED, (9.0, 9.0)))
    found.tell(2, Outcome(TrialState.FAILED, (9.0, 9.0), is_infeasible=True))
    found.tell(3, Outcome(TrialState.FAILED))
    evidence = found._evidence()
    assert evidence.losses.tolist() == [[1.0, 2.0]]
    assert evidence.rows.tolist() == [[0.0, 0.0]]
    assert evidence.completed.tolist() == [True, False, False]
    assert len(evidence.running) == 8


def test_proposals_keep_away_from_where_trials_are_stopped():
    """Both losses fall towards the corner, where the scheduler stops everything."""
    late = {}
    for state in (TrialState.COMPLETE, TrialState.STOPPED):
        found = searcher(UNIT, startup=8)
        generator = np.random.default_rng(0)
        for index in range(24):
            x, y = generator.random(2).tolist()
            found.adopt(index, {"x0": x, "x1": y})
            has_stopped = x < 0.5 and state is TrialState.STOPPED
            found.tell(index, Outcome(state) if has_stopped else complete(x + y, x + 2 * y))
        late[state] = []
        for index in range(30, 34):
            late[state].append(found.ask(index)["x0"])
            found.tell(index, Outcome(TrialState.FAILED))  # lost, so forgotten
    assert np.mean(late[TrialState.STOPPED]) > np.mean(late[TrialState.COMPLETE]) + 0.1


def test_the_optimum_of_a_smooth_problem_is_found_in_few_trials():
    found = searcher(UNIT)
    for index in range(16):
        point = found.ask(index)
        distance = (point["x0"] - 0.7) ** 2 + (point["x1"] - 0.3) ** 2
        found.tell(index, complete(distance, 2 * distance))
    best = min((found._ended), key=lambda end: end[1].losses)[0]
    assert best == pytest.approx([0.7, 0.3], abs=0.1)


def test_running_trials_are_not_proposed_again():
    """The losses disagree about x0, so that there is a front to spread over."""
    found = searcher(UNIT)
    for index in range(8):
        point = found.ask(index)
        found.tell(index, complete(point["x0"] + point["x1"], (1 - point["x0"]) ** 2))
    points = np.array([list(found.ask(20 + i).values()) for i in range(4)])
    distance = np.abs(points[:, None] - points[None]).max(axis=-1) + np.eye(4)
    assert distance.min() > 1e-3


def test_processes_are_fitted_on_one_core_whatever_the_default_device_is():
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with torch.device("meta"):
            with gp_candidates._on_one_core():
                assert torch.empty(1).device == torch.device("cpu")
                assert torch.get_num_threads() == 1
            assert torch.empty(1).device == torch.device("meta")
            assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


def test_without_torch_it_says_what_to_install():
    program = (
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'torch' else find(name, *rest)\n"
        "from searching import searcher_of\n"
        "from pareto_search.space import Float\n"
        "searcher_of(('optuna', 'gp'), {'x': Float(type='float', low=0, high=1)})\n"
    )
    root = Path(__file__).parents[4]
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=root,
        env={"PYTHONPATH": f"{root}:{root / 'tests'}"},
        capture_output=True,
        text=True,
    )
    assert "SearcherError: `kind: gp` should have PyTorch" in run.stderr
    assert "pip install torch" in run.stderr
