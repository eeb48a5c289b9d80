"""The LCBench surrogate says what is known of training, and asks for what it needs."""

import importlib
import shutil

import numpy as np
import pytest

from pareto_search.errors import RecipeError
from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.encoding import uniform_point
from pareto_search.searchers.protocol import TrialState
from pareto_search.simulation.problems.lcbench import make_lcbench
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import config_of, simulate

TASKS = ("167152", "167185", "3945")


@pytest.fixture(scope="module")
def folder(repository):
    place = repository.parent / "shared" / "bench" / "lcbench"
    if not place.is_dir():
        pytest.skip("no LCBench surrogate under ../shared/bench/lcbench")
    return place


@pytest.fixture(scope="module")
def points(folder):
    space = make_lcbench(folder, TASKS[0]).space
    return [uniform_point(space, np.random.default_rng(seed)) for seed in range(60)]


@pytest.mark.parametrize("task", TASKS)
def test_metrics_lie_where_they_are_defined_and_time_passes(folder, points, task):
    problem = make_lcbench(folder, task)
    for point in points[:20]:
        rows = [problem.evaluate(point, step, 0) for step in range(1, problem.steps + 1)]
        assert all(0 <= r["accuracy_percent"] <= 100 and r["cross_entropy"] > 0 for r in rows)
        assert all(0 <= r["balanced_error"] <= 1 for r in rows)
        times = [r["time_s"] for r in rows]
        assert times == sorted(times)
        assert times == [problem.duration_s(point, step, 0) for step in range(1, 53)]
        assert times[0] > 0


def test_each_input_has_the_effect_that_it_has_on_training(folder, points):
    """So the inputs and outputs are in the network's order: any two mixed up would show."""
    problem = make_lcbench(folder, "167152")

    def mean(metric, step=52, **changed):
        return np.mean([problem.evaluate({**p, **changed}, step, 0)[metric] for p in points])

    def ratio(metric, name):
        ends = (problem.space[name].low, problem.space[name].high)
        low, high = (mean(metric, **{name: end}) for end in ends)
        return high / low

    assert mean("time_s", 52) > 5 * mean("time_s", 1)
    assert mean("accuracy_percent", 52) > 5 * mean("accuracy_percent", 1)
    assert ratio("time_s", "num_layers") > 4  # five layers against one
    assert ratio("time_s", "max_units") > 2
    assert ratio("time_s", "batch_size") < 0.9
    assert 0.8 < ratio("time_s", "momentum") < 1.2
    assert ratio("accuracy_percent", "learning_rate") > 2  # 1e-4 does not learn in 52 epochs
    assert ratio("accuracy_percent", "momentum") > 1.2  # as a larger learning rate
    assert ratio("accuracy_percent", "batch_size") < 0.8  # fewer steps
    assert ratio("accuracy_percent", "num_layers") < 0.6  # deep ones without shortcuts learn late
    assert ratio("accuracy_percent", "weight_decay") < 0.9
    assert ratio("accuracy_percent", "max_dropout") < 0.9


def test_accuracy_and_its_balanced_form_and_cross_entropy_agree(folder, points):
    problem = make_lcbench(folder, "167152")
    rows = [problem.evaluate(point, 52, 0) for point in points]
    accuracy = [r["accuracy_percent"] / 100 for r in rows]
    assert np.corrcoef(accuracy, [1 - r["balanced_error"] for r in rows])[0, 1] > 0.98
    assert np.corrcoef(accuracy, [r["test_balanced_accuracy"] for r in rows])[0, 1] > 0.98
    assert np.corrcoef(accuracy, [r["cross_entropy"] for r in rows])[0, 1] < -0.9


@pytest.mark.parametrize("pair", ["accuracy", "time"])
def test_a_sweep_reports_every_epoch_and_takes_the_time_of_training(folder, pair):
    problem = make_lcbench(folder, "167152", pair)
    config = config_of(problem, SearcherConfig(kind="random"), 6)
    trace = simulate(problem, config, Setting(2)).trace
    assert all(r.state is TrialState.COMPLETE and r.step == 52 for r in trace.records)
    for record in trace.records:
        assert record.elapsed_s == pytest.approx(record.metrics.get("time_s", record.elapsed_s))
        assert set(record.values) == {o.name for o in problem.objectives}


def test_what_is_missing_is_named_with_the_way_out(folder, tmp_path, monkeypatch):
    with pytest.raises(RecipeError, match=r"model\.onnx"):
        make_lcbench(tmp_path, "3945")
    with pytest.raises(RecipeError, match="3945, 7593"):
        make_lcbench(folder, "1")
    for file in folder.glob("*.json"):
        shutil.copyfile(file, tmp_path / file.name)
    (tmp_path / "model.onnx").touch()

    def lacking(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(importlib, "import_module", lacking)
    with pytest.raises(RecipeError, match=r"pip install 'pareto-search\[lcbench\]'"):
        make_lcbench(tmp_path, "3945")
