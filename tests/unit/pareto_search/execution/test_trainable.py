import random
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pareto_search.errors import UnreachableError
from pareto_search.execution import trainable
from pareto_search.execution.notice import NOTICE_VARIABLE
from pareto_search.execution.trainable import FAILURE, LEAVING, LeftError, make_ray_trainable

CODE = """
import random
from pathlib import Path

import numpy as np


def train(params, report, checkpoint):
    report({"f1": random.random(), "f2": np.random.random()}, 1)


def told(params, report, checkpoint):
    report({**params, "f1": 0, "f2": 0}, 1)


def saves(params, report, checkpoint):
    values = {"f1": np.float32(0.5), "f2": 1}
    report(values, np.int64(3), lambda place: (place / "state").write_text("it"))


def reads(params, report, checkpoint):
    text = (checkpoint / "state").read_text() if checkpoint else "-1"
    report({"f1": float(text), "f2": 0.0}, 1)


def raises(params, report, checkpoint):
    raise ValueError(" the curriculum is empty ")


def raises_wordless(params, report, checkpoint):
    raise ZeroDivisionError


def forgets(params, report, checkpoint):
    report({"f1": 0.5, "f2": 0.5}, 1)
    report({"f1": 0.4, "f_2": 0.4}, 2)
    report({"f1": 0.3, "f2": 0.3}, 3)


def reports_words(params, report, checkpoint):
    report({"f1": "low", "f2": 0.5}, 1)


def leaves(params, report, checkpoint):
    raise SystemExit(params["code"])


def reads_data(params, report, checkpoint):
    report({"f1": 0, "f2": 0}, 1)


def moves(params, report, checkpoint):
    (Path("trained")).touch()
    try:
        if report.leaving():
            report.leave(lambda place: (place / "state").write_text("midst"))
    except Exception:  # as careless code has it
        pass
    report({"f1": 0, "f2": 0}, 1, lambda place: (place / "state").write_text("end"))
    (Path("after")).touch()


def misses_data(params, report, checkpoint):
    error = RuntimeError("no data")
    error.is_lost = True
    raise error


def is_told(params, report, checkpoint):
    report({"f1": report.described["n_train"], "f2": 0}, 1)


reads_data.reads = lambda params: [params["root"]]
"""


@pytest.fixture(autouse=True)
def _generators():
    """The global generators, which a trial seeds, are as before after a test."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  what is under test
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002


@pytest.fixture
def reports(monkeypatch):
    """What Ray Tune is told: each result, with the files of its checkpoint at that moment."""
    told = []

    def report(result, checkpoint=None):
        folder = Path(checkpoint.path) if checkpoint else None
        files = {f.name: f.read_text() for f in folder.iterdir()} if folder else None
        told.append(SimpleNamespace(result=result, files=files, folder=folder))

    monkeypatch.setattr(trainable.tune, "report", report)
    monkeypatch.setattr(trainable.tune, "get_checkpoint", lambda: None)
    return told


@pytest.fixture
def run_trial(tmp_path, monkeypatch, make_config, reports):
    """Runs one function of CODE as a trial; gives back what it reported."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)  # and back again: a trial works where the sweep was started
    code = tmp_path / "code"
    code.mkdir()
    (code / "trial_code.py").write_text(CODE)
    (tmp_path / "sweep.json").write_text("{}")

    def run(function="train", point=None, checkpoint=None, repeat=0, described=None, **changes):
        config = make_config(trainable=f"trial_code:{function}", **changes)
        reports.clear()
        assignment = {"uid": "t0000", "point": point or {"x": 0.5}, "repeat": repeat}
        make_ray_trainable(config, str(code), tmp_path / "outputs", described)(
            {**assignment, "checkpoint": checkpoint}
        )
        return list(reports)

    yield run
    sys.modules.pop("trial_code", None)


@pytest.mark.parametrize("generator", ["f1", "f2"], ids=["python", "numpy"])
@pytest.mark.parametrize("seed", [0, 7, 2**40 + 1])
def test_a_trial_that_draws_from_a_global_generator_draws_the_same_for_one_seed(
    run_trial, generator, seed
):
    (first,) = run_trial(seeds={"sweep": seed})
    random.random()
    np.random.random()  # noqa: NPY002  another trial of the same worker drew meanwhile
    (second,) = run_trial(seeds={"sweep": seed})
    (other,) = run_trial(seeds={"sweep": seed + 1})
    draw = first.result["metrics"][generator]
    assert second.result["metrics"][generator] == draw
    assert other.result["metrics"][generator] != draw


def test_a_trainable_is_given_its_point_over_the_fixed_parameters_and_the_seed(run_trial):
    (told,) = run_trial("told", {"x": 0.25}, params={"x": 9, "fixed": 4}, seeds={"sweep": 11})
    assert told.result["metrics"] == {"x": 0.25, "fixed": 4, "seed": 11, "f1": 0, "f2": 0}


def test_a_report_reaches_ray_as_plain_numbers_with_what_was_saved(run_trial):
    (told,) = run_trial("saves")
    assert told.result == {"step": 3, "metrics": {"f1": 0.5, "f2": 1.0}}
    assert type(told.result["step"]) is int
    assert {type(value) for value in told.result["metrics"].values()} == {float}
    assert told.files == {"state": "it"}
    assert not told.folder.exists()


def test_a_report_that_saves_nothing_carries_no_checkpoint(run_trial):
    assert [told.files for told in run_trial()] == [None]


def test_system_metrics_stand_beside_a_report_where_they_are_asked_for(run_trial):
    (told,) = run_trial("saves", tracking={"system_metrics": True})
    system = {name for name in told.result["metrics"] if name.startswith("system/")}
    assert "system/process_memory_megabytes" in system
    assert told.result["metrics"].keys() - system == {"f1", "f2"}


def saved(folder, text):
    folder.mkdir()
    (folder / "state").write_text(text)
    return folder


def test_a_trial_starts_from_nothing_or_from_the_checkpoint_it_is_assigned(run_trial, tmp_path):
    (fresh,) = run_trial("reads")
    (resumed,) = run_trial("reads", checkpoint=str(saved(tmp_path / "old", "1.0")))
    assert (fresh.result["metrics"]["f1"], resumed.result["metrics"]["f1"]) == (-1, 1)


def test_after_a_lost_worker_rays_checkpoint_counts_since_it_is_newer(
    run_trial, tmp_path, monkeypatch
):
    newer = SimpleNamespace(path=str(saved(tmp_path / "newer", "2.0")))
    monkeypatch.setattr(trainable.tune, "get_checkpoint", lambda: newer)
    (told,) = run_trial("reads", checkpoint=str(saved(tmp_path / "old", "1.0")))
    assert told.result["metrics"]["f1"] == 2


@pytest.mark.parametrize(
    ("function", "error"),
    [
        ("raises", "ValueError: the curriculum is empty"),
        ("raises_wordless", "ZeroDivisionError"),
        ("reports_words", "ValueError"),
        ("absent", "RecipeError"),
    ],
)
def test_whatever_a_trainable_raises_ends_its_trial_with_a_message(run_trial, function, error):
    (told,) = run_trial(function)
    failure = told.result[FAILURE]
    assert failure["error"].startswith(error)
    assert "metrics" not in told.result
    assert "Traceback" in failure["traceback"]


def test_a_node_without_data_or_storage_has_no_trial_begin_there(run_trial, reports, tmp_path):
    with pytest.raises(UnreachableError, match=r"It cannot read /nowhere/scans\. Mount it there"):
        run_trial("reads_data", params={"root": "/nowhere/scans"})
    assert reports == []
    (ran,) = run_trial("reads_data", params={"root": str(Path.cwd())})
    assert "metrics" in ran.result
    (tmp_path / "sweep.json").unlink()
    with pytest.raises(UnreachableError, match=r"It has no .*sweep\.json"):
        run_trial()
    assert reports == []


def test_a_report_that_lacks_an_objective_ends_the_trial_and_says_which_and_when(run_trial):
    first, last = run_trial("forgets")
    assert first.result["step"] == 1
    error = last.result[FAILURE]["error"]
    assert all(part in error for part in ("step 2", "`f2`", "f_2"))


def test_a_trainable_that_exits_with_an_error_code_has_failed(run_trial):
    (told,) = run_trial("leaves", params={"code": 3})
    assert told.result[FAILURE]["error"] == "SystemExit: 3"


def test_an_exit_without_an_error_is_rays_way_to_stop_a_trial_and_no_failure(run_trial, reports):
    with pytest.raises(SystemExit):
        run_trial("leaves", params={"code": 0})
    assert reports == []


def test_the_trainables_folder_is_searched_once_however_many_trials_a_worker_runs(
    run_trial, tmp_path
):
    run_trial()
    run_trial()
    assert sys.path.count(str(tmp_path / "code")) == 1


def test_a_trial_that_is_told_to_leave_hands_its_state_over_and_ends_there(
    run_trial, reports, tmp_path, monkeypatch
):
    answers = iter([False, True])  # it began before the notice
    monkeypatch.setattr(trainable, "is_leaving", lambda: next(answers))
    with pytest.raises(LeftError):
        run_trial("moves")
    assert [(told.result, told.files) for told in reports] == [
        ({LEAVING: True}, {"state": "midst"})
    ]
    assert not (tmp_path / "code" / "after").exists()


def test_a_trial_that_does_not_ask_leaves_after_a_report_with_its_state(
    run_trial, reports, tmp_path, monkeypatch
):
    answers = iter([False, False, True])
    monkeypatch.setattr(trainable, "is_leaving", lambda: next(answers))
    with pytest.raises(LeftError):
        run_trial("moves")
    reported, left = reports
    assert reported.result["step"] == 1
    assert reported.files == {"state": "end"}
    assert (left.result, left.files) == ({LEAVING: True}, None)
    assert not (tmp_path / "code" / "after").exists()


def test_a_trial_that_is_placed_on_a_machine_about_to_vanish_does_not_begin(
    run_trial, reports, tmp_path, monkeypatch
):
    monkeypatch.setenv(NOTICE_VARIABLE, str(tmp_path))  # a file that is there: it is to leave
    with pytest.raises(LeftError):
        run_trial("moves")
    assert [(told.result, told.files) for told in reports] == [({LEAVING: True}, None)]
    assert not (tmp_path / "code" / "trained").exists()


def test_an_error_that_says_so_is_the_machines_fault(run_trial):
    (told,) = run_trial("misses_data")
    assert told.result[FAILURE]["lost"]
    assert not told.result[FAILURE]["infeasible"]


def test_a_trial_is_told_what_was_described_when_the_sweep_began(run_trial):
    (told,) = run_trial("is_told", described={"n_train": 7})
    assert told.result["metrics"]["f1"] == 7.0
