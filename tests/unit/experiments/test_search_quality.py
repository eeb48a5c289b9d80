"""What the benchmark of search quality promises: honest numbers, and nothing is run twice."""

import importlib
import json
import subprocess
import sys

import numpy as np
import pytest

from pareto_search.fronts.hypervolume import hypervolume_history
from pareto_search.objective import reference_losses, to_losses
from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import config_of, simulate
from pareto_search.space import Choice, Float, Int, contains

NAMES = ("due", "methods", "problems", "runs", "statistics", "bars", "tables")


@pytest.fixture(scope="module")
def scripts(repository):
    """The modules of the benchmark, imported as the script does: from its own folder."""
    folder = str(repository / "experiments" / "benchmarks")
    sys.path.insert(0, folder)
    try:
        yield {name: importlib.import_module(f"quality.{name}") for name in NAMES} | {
            "talking": importlib.import_module("quality.peers.talking")
        }
    finally:
        sys.path.remove(folder)
        for name in [name for name in sys.modules if name.split(".")[0] == "quality"]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def quick(repository, tmp_path_factory):
    """The folder of a quick run, and what is to be called for another."""
    out = tmp_path_factory.mktemp("quality")
    script = repository / "experiments" / "benchmarks" / "search_quality.py"
    command = [sys.executable, str(script), "--quick", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=repository)
    return out, command


def row(method, seed, *improvements, problem="zdt1", trials=100):
    head = {"method": method, "problem": problem, "workers": 4, "seed": seed, "trials": trials}
    return head | {
        "reference": [1.1] * (len(improvements[0]) - 2),
        "makespan_s": 900,
        "asks_s": 1.0,
        "improvements": list(improvements),
    }


@pytest.mark.parametrize("name", ["dtlz2", "dtlz2-3"])
def test_improvements_tell_the_hypervolume_of_every_number_of_trials(scripts, name):
    problem = scripts["problems"].make_problem(name)
    config = config_of(problem, SearcherConfig(kind="random"), 80)
    simulated = simulate(problem, config, Setting(8))
    records = simulated.trace.records
    losses = to_losses([record.values for record in records], problem.objectives)
    wanted = hypervolume_history(losses, reference_losses(problem.objectives))
    found = row("default", 0, *scripts["runs"].improvements(simulated), problem=name)
    parts = [scripts["statistics"].value_at(found, n + 1) for n in range(80)]
    assert parts == pytest.approx(wanted, abs=1e-3)
    last = scripts["statistics"].value_by(found, simulated.trace.makespan_s + 1)
    assert last == parts[-1]


def test_holm_is_never_below_the_uncorrected_and_keeps_the_order(scripts):
    ps = [0.04, 0.001, 0.2, 0.011]
    found = scripts["statistics"].holm(ps)
    assert found == pytest.approx([0.08, 0.004, 0.2, 0.033])
    assert np.argsort(found).tolist() == np.argsort(ps).tolist()


def test_a_default_that_always_loses_is_said_to_lose_and_misses_its_bars(scripts):
    rows = [
        row(method, seed, [1, 60, value + seed / 1e3, value])
        for method, value in (("default", 0.9), ("ax", 0.2))
        for seed in range(12)
    ]
    table = scripts["tables"].describe(rows)
    assert "| ax | 0 | 0 | 1 |" in table
    assert "Lost: zdt1 against ax: -0.8" in table
    assert "MISSED: default on zdt1 at 100 evaluations: at least 0.95" in table
    assert "MISSED: default best or tied on 80% of problems at 100" in table
    assert "not run: default on zdt3" in table


def test_a_longer_run_holds_a_shorter_one_but_not_of_the_default_which_chooses_by_budget(scripts):
    rows = [row(m, s, [1, 60, 0.2, 0.2], trials=300) for m in ("default", "ax") for s in range(2)]
    due = scripts["due"].missing(
        rows, ["default", "ray-optunasearch"], ["zdt1"], [4], range(7), 100
    )
    assert [(work.method, work.seeds) for work in due] == [
        ("default", (0, 1, 2, 3, 4)),
        ("ray-optunasearch", (0, 1, 2, 3, 4)),
        ("default", (5, 6)),
        ("ray-optunasearch", (5, 6)),
    ]
    assert not scripts["due"].missing(rows, ["ax"], ["zdt1"], [4], range(2), 100)
    both = [*rows, row("default", 0, [1, 60, 0.9, 0.9], trials=100)]
    cells = scripts["statistics"].values(both, 4, 50)
    assert cells["zdt1", "default"][0] < cells["zdt1", "default"][1]


def test_where_no_true_front_is_known_the_whole_is_what_all_runs_found(scripts):
    rows = [
        row("default", 0, [1, 60, 0.1, 0.6], problem="lcbench-167152-time"),
        row("ax", 0, [1, 60, 0.6, 0.1], problem="lcbench-167152-time"),
    ]
    cells = scripts["statistics"].values(rows, 4, 50)
    assert cells["lcbench-167152-time", "ax"][0] == pytest.approx(0.5 / 0.75)


def test_equal_runs_are_tied(scripts):
    rows = [row(m, s, [1, 60, 0.2, 0.2]) for m in ("default", "ax") for s in range(12)]
    cells = scripts["statistics"].values(rows, 4, 50)
    (found,) = scripts["statistics"].compare(cells, "default", ["ax"])
    assert (found.verdict, found.p, found.pairs) == ("tied", 1.0, 12)


SPACE = {
    "x": Float(type="float", low=1e-4, high=1e-1, log=True),
    "n": Int(type="int", low=1, high=3),
    "kind": Choice(type="choice", values=("a", "b")),
}


@pytest.mark.parametrize(
    "name",
    ["ray-optunasearch", "loop-optuna-tpe-multivariate", "loop-optuna-nsga2", "hand-pymoo-smsemoa"],
)
def test_a_peer_asks_and_is_told_as_our_searchers_are(scripts, name):
    method, talking = scripts["methods"].PEERS[name], scripts["talking"]
    problem = scripts["problems"].make_problem("dtlz2")
    problem.__dict__["space"] = SPACE
    points = {}
    with talking.Peer(sys.executable, method.loop) as peer:
        for run in range(2):  # one process, one searcher after another
            searcher = talking.PeerSearcher(peer, problem, 5, dict(method.options))
            points[run] = [searcher.ask(index) for index in range(20)]
            searcher.tell(0, Outcome(TrialState.FAILED))
            for index in range(19, 0, -1):
                searcher.tell(index, Outcome(TrialState.COMPLETE, (index, 1 / index)))
            points[run].append(searcher.ask(20))
    assert points[0] == points[1]
    assert all(contains(SPACE, point) for point in points[0])


def test_a_peer_that_fails_says_how(scripts):
    problem = scripts["problems"].make_problem("dtlz2")
    with scripts["talking"].Peer(sys.executable, "optuna_loop") as peer:
        searcher = scripts["talking"].PeerSearcher(peer, problem, 0, {"kind": "tpe"})
        with pytest.raises(RuntimeError, match="KeyError: 7"):
            searcher.tell(7, Outcome(TrialState.FAILED))


def test_a_quick_run_leaves_rows_table_and_figure_and_runs_nothing_again(quick):
    out, command = quick
    rows = (out / "search_quality.jsonl").read_text()
    assert len(rows.splitlines()) == 6
    assert (out / "search_quality_4_workers.png").stat().st_size > 10_000
    table = (out / "search_quality.md").read_text()
    subprocess.run(command, check=True, capture_output=True)
    assert (out / "search_quality.jsonl").read_text() == rows
    assert (out / "search_quality.md").read_text() == table


def test_a_run_is_the_same_in_every_process(quick, scripts):
    out, _ = quick
    rows = [json.loads(line) for line in (out / "search_quality.jsonl").read_text().splitlines()]
    kept = next(row for row in rows if row["method"] == "ours-pymoo-nsga2" and row["seed"] == 1)
    (again,) = scripts["runs"].run(
        scripts["runs"].Work("ours-pymoo-nsga2", "dtlz2", 4, (1,), 50), None
    )
    assert again["improvements"] == kept["improvements"]
