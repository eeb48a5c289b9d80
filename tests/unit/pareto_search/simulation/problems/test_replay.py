"""A replay gives back what was recorded, and judges another searcher by it."""

import json
import math

import pytest
from typer.testing import CliRunner

from pareto_search.cli import app
from pareto_search.errors import RecipeError
from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.problem import problem_of
from pareto_search.searchers.protocol import TrialState
from pareto_search.searchers.registry import make_searcher
from pareto_search.simulation.asking import VirtualAsker
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.problem import InfeasiblePointError
from pareto_search.simulation.problems.analytic import make_analytic
from pareto_search.simulation.problems.durations import Lognormal
from pareto_search.simulation.problems.learning import Learning
from pareto_search.simulation.problems.memory_edge import MemoryEdge
from pareto_search.simulation.problems.replay import make_replay
from pareto_search.simulation.running import run_simulation
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import config_of, simulate
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.ledger import Ledger


def recorded(problem, folder, trials, setting):
    """A sweep over `problem` on disk, as a real one would leave it."""
    config = config_of(problem, SearcherConfig(kind="random"), trials)
    directory = SweepDirectory(folder)
    directory.write_json("sweep.json", json.loads(config.model_dump_json(by_alias=True)))
    clock = VirtualClock()
    searcher = make_searcher(config.searcher, problem_of(config), 0)
    asker = VirtualAsker(searcher, clock, setting)
    run_simulation(Ledger(directory, config, asker, clock=clock), asker, problem)
    return directory


@pytest.fixture(scope="module")
def learning(tmp_path_factory):
    problem = Learning(make_analytic("zdt1", 3, durations=Lognormal(50.0)), 4)
    return problem, recorded(problem, tmp_path_factory.mktemp("learning"), 30, Setting(3))


def test_an_evaluated_point_reports_what_it_did_when_it_did(learning):
    problem, directory = learning
    replay = make_replay(directory)
    assert replay.steps == 4
    for record in directory.records():
        point = record.proposal.point
        for step in range(1, 5):
            assert replay.evaluate(point, step, 0) == problem.evaluate(point, step, 0)
        times = [replay.duration_s(point, step, 0) for step in range(1, 5)]
        whole = record.elapsed_s
        assert times == pytest.approx([whole * share for share in (0.25, 0.5, 0.75, 1)])


def test_another_point_is_the_nearest_one_evaluated(learning):
    _, directory = learning
    replay = make_replay(directory)
    points = [record.proposal.point for record in directory.records()]
    for share in (0.1, 0.4, 0.9):
        asked = {"x0": share, "x1": 1 - share, "x2": share**2}
        near = min(points, key=lambda p: math.dist(list(p.values()), list(asked.values())))
        assert replay.evaluate(asked, 4, 0) == replay.evaluate(near, 4, 0)


def test_the_same_searcher_on_the_same_workers_repeats_the_sweep(learning):
    _, directory = learning
    replay = make_replay(directory)
    again = simulate(replay, directory.config(), Setting(3)).trace.records
    before = directory.journal.read()
    ended = [entry for entry in before if hasattr(entry, "state")]
    assert [r.proposal.point for r in again] == [r.proposal.point for r in ended]
    assert [r.ended_at for r in again] == pytest.approx([r.ended_at for r in ended])
    assert [r.values for r in again] == [r.values for r in ended]


def test_points_that_failed_fail_again_and_lost_ones_are_left_out(tmp_path):
    directory = recorded(MemoryEdge(), tmp_path, 60, Setting(4, loss_rate=0.5))
    records = directory.records()
    assert {r.lost for r in records if r.state is TrialState.FAILED} == {True, False}
    replay = make_replay(directory)
    for record in records:
        point = record.proposal.point
        if record.infeasible:
            with pytest.raises(InfeasiblePointError, match="should be at most 40"):
                replay.evaluate(point, 1, 0)
            assert replay.duration_s(point, 1, 0) == pytest.approx(record.elapsed_s)
        elif not record.lost:
            assert replay.evaluate(point, 1, 0) == {**record.values, **record.metrics}


def test_a_sweep_with_nothing_complete_is_refused(tmp_path):
    config = config_of(MemoryEdge(), SearcherConfig(kind="random"), 2)
    directory = SweepDirectory(tmp_path)
    directory.write_json("sweep.json", json.loads(config.model_dump_json(by_alias=True)))
    with pytest.raises(RecipeError, match="complete trial"):
        make_replay(directory)


def test_the_command_sets_a_recorded_sweep_beside_another_searcher_and_scheduler(learning):
    _, directory = learning
    scheduler = "scheduler={kind: asha, objective: f1, max_steps: 4}"
    arguments = ["simulate", directory.name, "--storage", str(directory.storage), "--json"]
    arguments += ["--set", "searcher.kind=nsga2", "--set", scheduler, "--seeds", "2"]
    result = CliRunner().invoke(app, [*arguments, "--workers", "3"])
    assert result.exit_code == 0, result.output
    before, *after = json.loads(result.stdout)
    assert (before["searcher"], before["complete"], before["stopped"]) == ("random", 30, 0)
    assert before["hours"] == pytest.approx(max(r.ended_at for r in directory.records()) / 3600)
    assert [row["run"] for row in after] == ["seed 0", "seed 1"]
    for row in after:
        assert row["searcher"] == "nsga2"
        assert row["stopped"] > 5
        assert row["complete"] + row["stopped"] == 30
        assert row["hours"] < before["hours"]
    table = CliRunner().invoke(app, [*arguments[:4], "--seeds", "1"])
    assert "recorded" in table.stdout
    assert "nearest" in table.stdout
