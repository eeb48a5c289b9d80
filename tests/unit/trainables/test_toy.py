"""The analytic problems: their closed forms, their resumption, their faults."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainables.errors import ParameterError
from trainables.toy import STATE, check, flaky, zdt1, zdt2

X = {"x0": 0.25, "x1": 0.5, "x2": 0.0}


class Recorder:
    """A host that keeps every report, and every checkpoint in its own directory."""

    def __init__(self, place):
        self.place = place
        self.reports = []

    def __call__(self, metrics, step, save=None):
        self.reports.append((step, dict(metrics)))
        if save is not None:
            self.checkpoint(step).mkdir()
            save(self.checkpoint(step))

    def checkpoint(self, step):
        return self.place / str(step)

    @property
    def steps(self):
        return [step for step, _ in self.reports]

    @property
    def last(self):
        return self.reports[-1][1]


@pytest.fixture
def report(tmp_path):
    return Recorder(tmp_path)


@pytest.mark.parametrize("x0", [0.0, 0.3, 1.0])
def test_the_front_of_zdt1_is_one_minus_the_root(report, x0):
    zdt1({"x0": x0, "x1": 0.0, "x2": 0.0}, report, None)
    assert report.reports == [(1, {"f1": x0, "f2": pytest.approx(1 - math.sqrt(x0))})]


@pytest.mark.parametrize("x0", [0.0, 0.3, 1.0])
def test_the_front_of_zdt2_is_one_minus_the_square(report, x0):
    zdt2({"x0": x0, "x1": 0.0, "epochs": 1}, report, None)
    assert report.reports == [(1, {"f1": x0, "f2": pytest.approx(1 - x0**2)})]


@pytest.mark.parametrize("dimension", [2, 5, 30])
def test_both_problems_equal_those_of_pymoo(report, dimension):
    problems = pytest.importorskip("pymoo.problems")
    x = np.random.default_rng(dimension).random(dimension)
    params = {f"x{place}": float(value) for place, value in enumerate(x)}
    for train, name in ((zdt1, "zdt1"), (zdt2, "zdt2")):
        train(params, report, None)
        expected = problems.get_problem(name, n_var=dimension).evaluate(x)
        assert [report.last["f1"], report.last["f2"]] == pytest.approx(list(expected))


def test_zdt2_falls_to_its_true_values_step_by_step(report):
    zdt2({**X, "epochs": 4}, report, None)
    assert report.steps == [1, 2, 3, 4]
    for name in ("f1", "f2"):
        assert np.diff([metrics[name] for _, metrics in report.reports]) == pytest.approx(-0.25)
    g = 1 + 9 * 0.25
    assert report.last == pytest.approx({"f1": 0.25, "f2": g * (1 - (0.25 / g) ** 2)})


def test_a_run_resumed_from_any_checkpoint_reports_what_the_whole_run_did(report, tmp_path):
    zdt2({**X, "epochs": 4}, report, None)
    for step in report.steps:
        (tmp_path / f"from{step}").mkdir()
        rest = Recorder(tmp_path / f"from{step}")
        zdt2({**X, "epochs": 4}, rest, report.checkpoint(step))
        assert rest.reports == report.reports[step:]


def test_a_checkpoint_is_the_step_as_json(report):
    zdt2({**X, "epochs": 2}, report, None)
    assert json.loads((report.checkpoint(2) / STATE).read_text()) == {"step": 2}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({**X, "y1": 0.5}, "Unknown parameter `y1`. The nearest known is `x1`"),
        ({**X, "x9": 0.5}, "Unknown parameter `x9`"),
        ({"x0": 0.5}, "`x1 = None`"),
        ({**X, "x1": 1.5}, r"should be a number in \[0, 1\]. Found `x1 = 1.5`"),
        ({**X, "x1": math.nan}, "x1 = nan"),
        ({**X, "x1": True}, "x1 = True"),
        ({**X, "x1": "0.5"}, "x1 = 0.5"),
    ],
)
def test_zdt1_refuses_what_it_cannot_run_with_before_and_when_it_runs(report, params, message):
    (sentence,) = zdt1.check(params)
    assert re.search(message, sentence)
    with pytest.raises(ParameterError, match=message):
        zdt1(params, report, None)
    assert report.reports == []


def test_the_hook_of_zdt1_accepts_what_it_can_run_with():
    assert zdt1.check is check
    assert check({**X, "seed": 3}) == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({**X, "epoch": 3}, "nearest known is `epochs`"),
        ({**X, "epochs": 0}, "at least 1. Found `epochs = 0`"),
        ({**X, "sleep_s": -1}, "at least 0. Found `sleep_s = -1`"),
        ({**X, "epochs": math.inf}, "epochs = inf"),
    ],
)
def test_zdt2_refuses_a_wrong_setting(report, params, message):
    with pytest.raises(ParameterError, match=message):
        zdt2(params, report, None)


def test_flaky_without_a_fault_is_zdt2(report, tmp_path):
    flaky({**X, "epochs": 3}, report, None)
    (tmp_path / "other").mkdir()
    other = Recorder(tmp_path / "other")
    zdt2({**X, "epochs": 3}, other, None)
    assert report.reports == other.reports


def test_raise_raises_at_its_step_and_not_before(report):
    with pytest.raises(RuntimeError, match="step 2"):
        flaky({**X, "mode": "raise", "at_step": 2}, report, None)
    assert report.steps == [1]


def test_nan_ends_with_a_report_that_is_not_finite(report):
    flaky({**X, "mode": "nan", "at_step": 2}, report, None)
    assert report.steps == [1, 2]
    assert math.isnan(report.last["f2"])
    assert math.isfinite(report.last["f1"])


def test_missing_ends_with_a_report_of_one_objective(report):
    flaky({**X, "mode": "missing", "at_step": 2}, report, None)
    assert report.steps == [1, 2]
    assert set(report.last) == {"f1"}


def test_silent_at_the_first_step_returns_without_a_report(report):
    flaky({**X, "mode": "silent"}, report, None)
    assert report.reports == []


def test_exit_ends_the_process_with_code_one():
    program = (
        "from trainables.toy import flaky\n"
        "flaky({'x0': 0.5, 'x1': 0.5, 'mode': 'exit', 'at_step': 2},"
        " lambda metrics, step, save=None: print(step, flush=True), None)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (1, "1\n")


def test_a_fault_that_comes_once_is_over_after_a_resume(report, tmp_path):
    params = {**X, "mode": "raise", "at_step": 2, "once": True, "epochs": 3}
    with pytest.raises(RuntimeError):
        flaky(params, report, None)
    (tmp_path / "rest").mkdir()
    rest = Recorder(tmp_path / "rest")
    flaky(params, rest, report.checkpoint(1))
    assert rest.steps == [2, 3]


def test_flaky_refuses_an_unknown_mode(report):
    with pytest.raises(ParameterError, match="`mode` should be one of"):
        flaky({**X, "mode": "explode"}, report, None)


def test_toy_imports_where_every_heavy_package_is_blocked():
    program = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'torch', 'monai', 'ray', 'optuna', 'mlflow', 'pymoo'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "import trainables.toy"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=root, check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
