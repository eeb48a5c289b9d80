import json

import pytest
from sweeping import ZDT1, call, record_counts, steps_of, write_recipe

from pareto_search.fronts.front import front_of
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
ENGINES = {"optuna": {"engine": "optuna"}, "pymoo": {"engine": "pymoo", "kind": "nsga2"}}
LEARNING = {
    **ZDT1,
    "trainable": "trainables.toy:flaky",
    "params": {"epochs": 2},
    "space": {**ZDT1["space"], "mode": {"type": "choice", "values": ["ok"]}},
    "baselines": [],
}


@pytest.fixture(scope="module", params=ENGINES)
def finished(tmp_path_factory, request):
    """What a sweep with one of the engines said, and its directory."""
    folder = tmp_path_factory.mktemp("finished")
    ended = call(folder, "run", write_recipe(folder, searcher=ENGINES[request.param]))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, SweepDirectory(folder / "results" / "toy")


def test_a_recipe_runs_to_a_front_with_either_engine_by_changing_one_line(finished):
    text, directory = finished
    records = directory.records()
    assert {record.state for record in records} == {TrialState.COMPLETE}
    assert len(records) == 8
    assert directory.proposals()[0].baseline
    members = front_of(records, directory.config().objectives).members
    assert all(member.uid in text for member in members)
    assert "pareto-search pick toy" in text
    assert "8 of 8 trials complete" in text
    around = directory.storage.parent
    assert {entry.name for entry in around.iterdir()} == {"recipe.yaml", "results"}


def test_what_was_recorded_makes_the_sweep_reproducible(finished):
    _, directory = finished
    recipe = directory.storage.parent / "recipe.yaml"
    facts = directory.facts()
    assert facts["packages"]["ray"]
    assert facts["reference_point"] == {"f1": 1.1, "f2": 7.0}
    assert facts["fixed"] == []
    assert facts["seeds"] == {"sweep": 0, "repeats": 1}
    assert (directory.path / "recipe.yaml").read_bytes() == recipe.read_bytes()


def test_the_reading_commands_agree_with_the_journal(finished):
    _, directory = finished
    folder = directory.storage.parent
    rows = json.loads(call(folder, "front", "toy", "--json").stdout)
    members = front_of(directory.records(), directory.config().objectives).members
    assert [row["trial"] for row in rows if row["on_front"]] == [m.uid for m in members]
    status = json.loads(call(folder, "status", "toy", "--json").stdout)
    assert (status["state"], status["complete"], status["open"]) == ("done", 8, 0)
    listed = json.loads(call(folder, "list", "--json").stdout)
    assert [sweep["name"] for sweep in listed] == ["toy"]
    absent = call(folder, "status", "nothing")
    assert absent.returncode == 5
    assert "Sweeps there: toy" in absent.stderr


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """One sweep whose baselines fail in every way a trainable can, and what became of it."""
    folder = tmp_path_factory.mktemp("faulty")
    point = {"x0": 0.5, "x1": 0.5, "x2": 0.5}
    modes = ["ok", "raise", "nan", "missing", "silent", "ok"]
    recipe = write_recipe(
        folder,
        LEARNING,
        baselines=[{**point, "mode": mode} for mode in modes],
        space={
            **ZDT1["space"],
            "mode": {"type": "choice", "values": ["ok", "raise", "nan", "missing", "silent"]},
        },
        budget={"trials": len(modes)},
        failures={"tolerate": 0.9},
    )
    ended = call(folder, "run", recipe)
    return ended, SweepDirectory(folder / "results" / "toy")


def test_a_failing_trial_ends_itself_and_never_the_sweep(faulty):
    ended, directory = faulty
    assert ended.returncode == 0, ended.stderr
    assert [r.state.value for r in directory.records()] == ["complete", *["failed"] * 4, "complete"]


@pytest.mark.parametrize(
    ("uid", "message"),
    [
        ("t0001", "RuntimeError: Failing at step 1"),
        ("t0002", "`f2` is nan"),
        ("t0003", "lacks the objective `f2`"),
        ("t0004", "without reporting"),
    ],
)
def test_each_failure_says_what_happened(faulty, uid, message):
    _, directory = faulty
    record = next(record for record in directory.records() if record.uid == uid)
    assert message in record.error


def test_the_traceback_of_what_a_trainable_raised_is_kept(faulty):
    _, directory = faulty
    text = (directory.path / "failures" / "t0001.txt").read_text()
    assert "toy.py" in text


def test_a_trial_whose_code_raised_is_not_run_again(faulty):
    _, directory = faulty
    assert "t0001" not in steps_of(directory)
    assert set(record_counts(directory).values()) == {1}


def test_a_lost_worker_is_retried_from_the_checkpoint_and_the_trial_completes(tmp_path):
    recipe = write_recipe(
        tmp_path,
        LEARNING,
        params={"epochs": 3, "mode": "exit", "at_step": 2, "once": True},
        space=ZDT1["space"],
        budget={"trials": 2, "concurrent": 1},
    )
    ended = call(tmp_path, "run", recipe)
    assert ended.returncode == 0, ended.stderr
    directory = SweepDirectory(tmp_path / "results" / "toy")
    assert [r.state.value for r in directory.records()] == ["complete", "complete"]
    assert steps_of(directory) == {"t0000": [1, 2, 3], "t0001": [1, 2, 3]}


def test_a_sweep_whose_trials_all_fail_stops_early_with_exit_code_1(tmp_path):
    recipe = write_recipe(
        tmp_path,
        LEARNING,
        params={"mode": "raise"},
        space=ZDT1["space"],
        budget={"trials": 40, "concurrent": 1},
        failures={"tolerate": 0.05},
    )
    ended = call(tmp_path, "run", recipe)
    assert ended.returncode == 1
    records = SweepDirectory(tmp_path / "results" / "toy").records()
    assert sum(record.state is TrialState.FAILED for record in records) < 10
    assert "too many failures" in ended.stdout
    again = call(tmp_path, "resume", "toy")
    assert again.returncode == 1
    assert SweepDirectory(tmp_path / "results" / "toy").records() == records
    assert json.loads(call(tmp_path, "status", "toy", "--json").stdout)["state"] == "failed"


def test_a_worker_that_is_lost_too_often_says_why(tmp_path):
    recipe = write_recipe(
        tmp_path,
        LEARNING,
        params={"mode": "exit"},
        space=ZDT1["space"],
        budget={"trials": 1},
        failures={"retries": 1},
    )
    assert call(tmp_path, "run", recipe).returncode == 1
    (record,) = SweepDirectory(tmp_path / "results" / "toy").records()
    assert "1 retries are spent" in record.error
    assert "None" not in record.error
    assert (tmp_path / "results" / "toy" / "failures" / "t0000.txt").stat().st_size > 100


def test_the_wall_time_stops_running_trials_and_records_them_as_stopped(tmp_path):
    recipe = write_recipe(
        tmp_path,
        LEARNING,
        params={"epochs": 1000, "sleep_s": 0.1},
        space=ZDT1["space"],
        budget={"trials": 40, "wall_time": "4s", "concurrent": 1},
    )
    ended = call(tmp_path, "run", recipe)
    assert ended.returncode == 1
    assert "out of budget" in ended.stdout
    assert "budget.wall_time: it ran for" in ended.stderr
    records = SweepDirectory(tmp_path / "results" / "toy").records()
    assert {record.state for record in records} == {TrialState.STOPPED}
    status = json.loads(call(tmp_path, "status", "toy", "--json").stdout)
    assert (status["state"], status["open"]) == ("done", 0)
    again = call(tmp_path, "resume", "toy")
    assert "budget.wall_time: it ran for" in again.stderr
    assert len(SweepDirectory(tmp_path / "results" / "toy").records()) == len(records)
    more = call(tmp_path, "resume", "toy", "--set", f"budget.trials={len(records) + 1}",
                "--set", "budget.wall_time=null", "--set", "budget.cpu_hours=0.003")  # fmt: skip
    assert "budget.cpu_hours: its trials took" in more.stderr
    assert len(SweepDirectory(tmp_path / "results" / "toy").records()) == len(records) + 1
    assert call(tmp_path, "resume", "toy", "--set", "seeds.sweep=1").returncode == 2
