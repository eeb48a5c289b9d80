import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pareto_search import Search
from pareto_search.commands.looking import show_front
from pareto_search.errors import RecipeError, SweepBusyError
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.space import Float, contains
from pareto_search.storage.directory import SweepDirectory

SPACE = {
    "x": {"type": "float", "low": -1, "high": 3},
    "kind": {"type": "choice", "values": ["a", "b"]},
}
OBJECTIVES = [
    {"name": "cost", "reference": 9},
    {"name": "gain", "direction": "maximize", "reference": -9},
]


def make(**changes):
    return Search(**{"space": SPACE, "objectives": OBJECTIVES, "searcher": "tpe", **changes})


def values_of(suggestion):
    x = suggestion.point["x"]
    return {"cost": x**2, "gain": -((x - 2) ** 2)}


def work(search, count):
    points = []
    for _ in range(count):
        suggestion = search.ask()
        points.append(suggestion.point)
        search.tell(suggestion, values_of(suggestion))
    return points


def test_many_suggestions_may_be_out_and_are_told_in_any_order():
    search = make()
    out = [search.ask() for _ in range(12)]
    assert [suggestion.uid for suggestion in search.running] == [s.uid for s in out]
    for suggestion in reversed(out):
        search.tell(suggestion, values_of(suggestion))
    assert search.running == []
    assert [record.uid for record in search.records] == [s.uid for s in reversed(out)]
    assert all(contains(search.config.space, suggestion.point) for suggestion in out)


def test_front_and_hypervolume_are_those_of_the_values_told_in_their_own_directions():
    search = make()
    for cost, gain in ((1, 1), (2, 2), (2, 0)):
        search.tell(search.ask(), {"cost": cost, "gain": gain})
    assert [row["objectives"] for row in search.front()] == [
        {"cost": 1.0, "gain": 1.0},
        {"cost": 2.0, "gain": 2.0},
    ]
    assert search.hypervolume() == pytest.approx(8 * 10 + 7 * 1)


def test_a_search_with_a_path_goes_on_after_its_process_ended_as_if_it_had_not(tmp_path):
    straight = make(path=tmp_path / "straight")
    wanted = work(straight, 25)
    with make(path=tmp_path / "cut") as cut:
        found = work(cut, 14)
    with Search.open(tmp_path / "cut") as again:
        assert again.hypervolume() == cut.hypervolume()
        assert found + work(again, 11) == wanted


def test_what_was_out_when_the_process_ended_is_given_again_first(tmp_path):
    with make(path=tmp_path / "one") as search:
        work(search, 3)
        out = [search.ask(), search.ask()]
    with Search.open(tmp_path / "one") as again:
        assert again.running == out
        assert [again.ask(), again.ask()] == out
        assert again.ask().index == 5


def test_a_killed_process_loses_nothing_that_it_was_answered(tmp_path):
    program = (
        "import os, sys; from pareto_search import Search\n"
        f"search = Search({SPACE!r}, {OBJECTIVES!r}, searcher='random', path=sys.argv[1])\n"
        "for n in range(4): search.tell(search.ask(), {'cost': n, 'gain': n})\n"
        "search.ask(); os.kill(os.getpid(), 9)\n"
    )
    root = str(Path(__file__).parents[4])
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "one")],
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert done.returncode == -9
    with Search.open(tmp_path / "one") as search:
        assert [record.values["cost"] for record in search.records] == [0, 1, 2, 3]
        assert [suggestion.index for suggestion in search.running] == [4]


def test_the_commands_that_look_at_a_sweep_read_its_directory(tmp_path, capsys):
    with make(path=tmp_path / "mine") as search:
        work(search, 5)
        show_front(tmp_path, "mine", as_json=True, as_csv=False, plot=None)
        shown = json.loads(capsys.readouterr().out)
        assert [row["objectives"] for row in shown if row["on_front"]] == [
            row["objectives"] for row in search.front()
        ]


def test_models_numpy_and_plain_values_describe_the_same_search():
    plain = make(searcher={"kind": "nsga2", "population": 8}, seed=3)
    models = Search(
        {"x": Float(type="float", low=-1, high=3), "kind": SPACE["kind"]},
        [Objective(name="cost", reference=np.float64(9)), OBJECTIVES[1]],
        searcher=plain.config.searcher,
        seed=np.int64(3),
    )
    assert models.config == plain.config


def test_failures_stops_and_values_that_are_not_finite_are_recorded_as_such():
    search = make()
    diverged = search.tell(search.ask(), {"cost": math.nan, "gain": 1})
    lost = search.fail(search.ask(), "The machine went away.", infeasible=False)
    stopped = search.stop(search.ask(), 3, {"cost": -100, "gain": 100})
    assert (diverged.state, diverged.infeasible) == (TrialState.FAILED, True)
    assert (lost.state, lost.infeasible) == (TrialState.FAILED, False)
    assert (stopped.state, stopped.step) == (TrialState.STOPPED, 3)
    assert search.front() == []
    assert search.hypervolume() == 0


def test_constraints_on_parameters_are_kept_and_those_on_metrics_are_judged_by_what_is_told():
    search = make(constraints=["x <= 1", "memory_gib <= 40"], baselines=[{"x": 0.5, "kind": "a"}])
    out = [search.ask() for _ in range(30)]
    assert out[0].point == {"x": 0.5, "kind": "a"}
    assert all(suggestion.point["x"] <= 1 for suggestion in out)
    records = [search.tell(s, {**values_of(s), "memory_gib": 50 - s.index}) for s in out]
    assert [record.violations for record in records[9:12]] == [(1.0,), (0.0,), (-1.0,)]
    kept = {record.uid for record in records[10:]}
    assert {row["trial"] for row in search.front()} <= kept


def test_a_search_is_told_once_of_each_suggestion_and_only_of_its_own():
    search, other = make(), make(seed=1)
    suggestion = search.ask()
    search.tell(suggestion, values_of(suggestion))
    with pytest.raises(ValueError, match="Found t0000, told before"):
        search.tell(suggestion, values_of(suggestion))
    search.ask()
    other.ask()
    with pytest.raises(ValueError, match="Found t0001, never asked of this search"):
        search.fail(other.ask(), infeasible=True)


def test_a_misspelt_or_missing_objective_is_named_with_its_nearest_and_can_be_told_again():
    search = make()
    suggestion = search.ask()
    with pytest.raises(ValueError, match=r"Found no `gain`. Did you mean `gian`\?"):
        search.tell(suggestion, {"cost": 1, "gian": 2})
    with pytest.raises(ValueError, match=r"`gain` should be a number. Found '2'."):
        search.tell(suggestion, {"cost": 1, "gain": "2"})
    assert search.tell(suggestion, {"cost": 1, "gain": 2}).state is TrialState.COMPLETE


def test_more_than_the_trials_it_was_made_for_are_refused():
    search = make(trials=2)
    work(search, 2)
    with pytest.raises(ValueError, match="Found all 2 given out"):
        search.ask()


def test_everything_wrong_with_a_search_is_said_at_once_with_the_nearest_name():
    space = {"x": {"type": "float", "low": 0, "hihg": 1}, "y": SPACE["x"] | {"when": {"z": 1}}}
    with pytest.raises(RecipeError) as caught:
        Search(space, OBJECTIVES, searcher="tqe")
    told = str(caught.value)
    assert "Did you mean `high`?" in told
    assert "Did you mean `tpe`?" in told
    assert "A condition should name a key of the space." in told


def test_one_directory_holds_one_search_in_one_process(tmp_path):
    with make(path=tmp_path / "one"):
        with pytest.raises(FileExistsError, match=r"Carry it on with `Search.open\(path\)`"):
            make(path=tmp_path / "one")
        with pytest.raises(SweepBusyError):
            Search.open(tmp_path / "one")
    with pytest.raises(FileNotFoundError, match=r"Found no sweep.json"):
        Search.open(tmp_path / "none")


def test_importing_the_package_imports_none_of_what_it_is_made_of():
    program = (
        "import sys, pareto_search\n"
        "heavy = {'numpy', 'pydantic', 'optuna', 'pymoo', 'ray'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "pareto_search.Search\n"
        "assert not {'ray', 'mlflow', 'torch'} & set(sys.modules)\n"
    )
    root = str(Path(__file__).parents[4])
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": root},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_search_may_know_the_trials_of_an_earlier_one(tmp_path):
    with Search(SPACE, OBJECTIVES, searcher="random", path=tmp_path / "first") as first:
        told = [first.ask() for _ in range(3)]
        for suggestion in told:
            first.tell(suggestion, {o.name: 0.5 for o in first.config.objectives})
    known = [str(tmp_path / "first")]
    path = tmp_path / "second"
    with Search(SPACE, OBJECTIVES, searcher="random", path=path, warm_start=known) as second:
        assert second.records == []
        assert [one.point for one in SweepDirectory(path).warm_start()] == [s.point for s in told]


def test_sections_add_to_what_has_an_argument_of_its_own():
    search = make(seed=7, trials=5, seeds={"repeats": 2}, budget={"concurrent": 3})
    assert (search.config.seeds.sweep, search.config.seeds.repeats) == (7, 2)
    assert search.config.budget.trials == 5
    with pytest.raises(RecipeError, match="Found `budget = 5`"):
        make(budget=5)


def test_a_search_whose_searcher_was_left_open_says_why_it_was_chosen_also_when_it_goes_on(
    tmp_path,
):
    with make(searcher=None, path=tmp_path / "search") as search:
        assert search.reason.startswith(f"{search.config.searcher.kind}: 100 configurations")
    with Search.open(tmp_path / "search") as again:
        assert again.reason == search.reason
    assert make(searcher="tpe").reason == ""


def test_a_metric_that_a_constraint_is_on_has_to_be_told():
    search = make(constraints=["memm <= 10"])
    suggestion = search.ask()
    values = values_of(suggestion)
    with pytest.raises(ValueError, match=r"Found no `memm`\. Did you mean `mem`"):
        search.tell(suggestion, {**values, "mem": 3})
    assert search.tell(suggestion, {**values, "memm": 3}).violations == (-7.0,)
