"""A simulated sweep: its arithmetic, its determinism, and what its searcher is told."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from pareto_search.recipe.config import SearcherConfig
from pareto_search.schedulers import Verdict
from pareto_search.searchers.problem import SearchProblem
from pareto_search.searchers.protocol import TrialState
from pareto_search.searchers.registry import make_searcher
from pareto_search.simulation.asking import VirtualAsker
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.problems.analytic import make_analytic
from pareto_search.simulation.problems.durations import Lognormal
from pareto_search.simulation.problems.learning import Learning
from pareto_search.simulation.problems.memory_edge import MemoryEdge
from pareto_search.simulation.running import run_simulation
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.sweep import config_of, simulate
from pareto_search.simulation.trace import EventKind
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.ledger import Ledger

RANDOM = SearcherConfig(kind="random")
MINUTE = make_analytic("zdt1", 4, durations=Lognormal(60.0, sigma=0.0))
UNEVEN = make_analytic("zdt1", 4, durations=Lognormal(60.0, sigma=0.6))


class Watching:
    """A searcher that proposes points of a line and keeps what it is told."""

    def __init__(self, space):
        self.space, self.told = space, {}

    def ask(self, index):
        share = math.modf(0.618 * index)[0]
        return {key: p.low + share * (p.high - p.low) for key, p in self.space.items()}

    def adopt(self, index, point):
        raise AssertionError(f"nothing is adopted here: {index}, {point}")

    def tell(self, index, outcome):
        assert index not in self.told
        self.told[index] = outcome


class StopsOdd:
    """A scheduler that stops every second trial at its second step."""

    def __init__(self):
        self.judged, self.over = [], []

    def judge(self, uid, step, losses):
        assert len(losses) == 2
        self.judged.append(uid)
        is_over = step == 2 and int(uid[1:]) % 2 == 1
        return Verdict.STOP if is_over else Verdict.CONTINUE

    def ended(self, uid):
        self.over.append(uid)


def sweep(problem, trials, setting, kind=RANDOM, **more):
    return simulate(problem, config_of(problem, kind, trials), setting, **more)


@pytest.mark.parametrize(("trials", "workers"), [(1, 1), (7, 3), (12, 4), (5, 32)])
def test_equal_trials_fill_the_workers_in_rounds(trials, workers):
    trace = sweep(MINUTE, trials, Setting(workers)).trace
    rounds = math.ceil(trials / workers)
    assert trace.makespan_s == pytest.approx(60 * rounds)
    assert trace.utilisation() == pytest.approx(trials / (rounds * workers))


def test_uneven_trials_take_the_time_of_a_list_schedule():
    """Graham's bound holds, and no worker idles while a trial waits."""
    trace = sweep(UNEVEN, 40, Setting(4)).trace
    lengths = [end - begin for begin, end in trace.work]
    assert sum(lengths) / 4 <= trace.makespan_s <= sum(lengths) / 4 + max(lengths)
    assert trace.utilisation(trace.last_start_s) == pytest.approx(1.0)


def test_a_slow_searcher_on_one_asker_starves_the_workers_by_the_closed_form():
    """Asks of 10 s one after another feed at most 6 workers of a minute, however many there are."""
    trace = sweep(MINUTE, 60, Setting(8, ask_cost=lambda _: 10.0)).trace
    assert trace.last_start_s == pytest.approx(600.0)
    assert trace.utilisation(trace.last_start_s) == pytest.approx(6 / 8, abs=0.08)


def test_proposals_made_ahead_save_the_wait_for_each():
    """Asks of 5 s feed up to 12 workers of a minute: on demand each of 8 waits 5 s in 65."""
    late = sweep(MINUTE, 160, Setting(8, ask_cost=lambda _: 5.0)).trace
    early = sweep(MINUTE, 160, Setting(8, ask_cost=lambda _: 5.0, prefetch="auto")).trace
    assert late.utilisation(late.last_start_s) == pytest.approx(60 / 65, abs=0.02)
    assert early.utilisation(early.last_start_s) > 0.96
    assert early.makespan_s < late.makespan_s - 60


def test_an_ask_that_blocks_delays_the_results_that_come_meanwhile():
    """One worker's result is due at 60 s, while the third proposal is made from 55 s to 75 s."""
    problem = Learning(MINUTE, 12)
    slow = Setting(4, ask_cost=lambda _: 20.0)
    beside = sweep(problem, 4, slow).trace
    block = sweep(problem, 4, replace(slow, asks_block=True)).trace
    assert beside.makespan_s == pytest.approx(80 + 60)
    assert block.makespan_s == pytest.approx(80 + 60)
    started = [e.time_s for e in block.events if e.kind is EventKind.START]
    assert started == [20.0, 40.0, 60.0, 80.0]
    assert [e.kind for e in block.events[:4]] == [EventKind.START] * 4
    assert EventKind.REPORT in {e.kind for e in beside.events[:4]}


@pytest.mark.parametrize("kind", ["random", "tpe", "nsga2"])
def test_the_same_seed_gives_the_same_events(kind):
    setting = Setting(5, seed=3, loss_rate=0.2)
    problem = Learning(UNEVEN, 4)
    first, second = (sweep(problem, 40, setting, SearcherConfig(kind=kind)) for _ in range(2))
    assert first.trace.events == second.trace.events
    assert first.trace.records == second.trace.records
    other = sweep(problem, 40, replace(setting, seed=4), SearcherConfig(kind=kind))
    assert other.trace.events != first.trace.events


def test_another_process_with_another_hash_seed_gives_the_same_events():
    setting, kind = Setting(4, seed=1, loss_rate=0.2), SearcherConfig(kind="nsga2")
    program = (
        "import json; from pareto_search.simulation.problems.memory_edge import MemoryEdge as E;"
        "from pareto_search.simulation.sweep import config_of, simulate;"
        "from pareto_search.simulation.setting import Setting;"
        "from pareto_search.recipe.config import SearcherConfig as S;"
        "c = config_of(E(), S(kind='nsga2'), 40);"
        "t = simulate(E(), c, Setting(4, seed=1, loss_rate=0.2)).trace;"
        "print(json.dumps([(e.time_s, e.kind, e.uid, e.step) for e in t.events]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
    )
    here = sweep(MemoryEdge(), 40, setting, kind).trace
    assert json.loads(run.stdout) == [[e.time_s, e.kind, e.uid, e.step] for e in here.events]


def test_a_lost_worker_is_never_learned_from():
    searcher = Watching(UNEVEN.space)
    trace = sweep(UNEVEN, 60, Setting(4, loss_rate=0.7), searcher=searcher).trace
    failed = [r for r in trace.records if r.state is TrialState.FAILED]
    assert len(failed) == pytest.approx(60 * 0.7**3, abs=15)
    for record in failed:
        outcome = searcher.told[record.proposal.index]
        assert outcome.losses is None
        assert not outcome.is_infeasible
    assert len(searcher.told) == 60


def test_a_lost_trial_goes_on_from_its_last_report():
    problem = Learning(MINUTE, 6)
    trace = sweep(problem, 30, Setting(1, loss_rate=0.5)).trace
    for uid in {e.uid for e in trace.events if e.kind is EventKind.LOST}:
        steps = [e.step for e in trace.events if e.uid == uid and e.kind is EventKind.REPORT]
        assert steps == list(range(1, len(steps) + 1))
    spent = sum(end - begin for begin, end in trace.work)
    assert 60 * 30 * 0.5 < spent < 60 * 30 + 10 * 90


def test_points_that_fail_by_themselves_are_recorded_as_infeasible_and_not_retried():
    problem = MemoryEdge(Lognormal(100.0, sigma=0.0))
    searcher = Watching(problem.space)
    trace = sweep(problem, 80, Setting(4), searcher=searcher).trace
    failed = [r for r in trace.records if r.state is TrialState.FAILED]
    assert len(failed) == pytest.approx(40, abs=3)
    assert all(r.infeasible and r.elapsed_s == pytest.approx(1.0) for r in failed)
    for record in trace.records:
        memory = 40 * (record.proposal.point["width"] + record.proposal.point["depth"])
        assert (memory > 40) == record.infeasible
        assert searcher.told[record.proposal.index].is_infeasible == record.infeasible


def test_a_stopped_trial_is_told_as_stopped_with_no_losses():
    problem = Learning(MINUTE, 5)
    searcher = Watching(problem.space)
    odd = StopsOdd()
    trace = sweep(problem, 10, Setting(2), searcher=searcher, scheduler=odd).trace
    states = {r.proposal.index: r.state for r in trace.records}
    for index in range(10):
        is_stopped = index % 2 == 1
        assert states[index] is (TrialState.STOPPED if is_stopped else TrialState.COMPLETE)
        assert (searcher.told[index].losses is None) == is_stopped
        assert odd.judged.count(f"t{index:04d}") == (2 if is_stopped else 5)
    assert sorted(odd.over) == sorted(set(odd.judged))
    assert sum(end - begin for begin, end in trace.work) == pytest.approx(5 * 60 + 5 * 24)


def test_a_sweep_that_is_over_stops_what_runs_at_once():
    problem = Learning(MINUTE, 6)
    config = config_of(problem, RANDOM, 20)
    budget = config.budget.model_copy(update={"wall_time_s": 95.0})
    config = config.model_copy(update={"budget": budget})
    trace = simulate(
        problem, config, Setting(3), is_over=lambda ledger: ledger.elapsed_s() >= 95
    ).trace
    assert trace.makespan_s == 95.0
    assert [r.state for r in trace.records] == [TrialState.COMPLETE] * 3 + [TrialState.STOPPED] * 3
    assert [r.step for r in trace.records] == [6] * 3 + [3] * 3
    assert trace.utilisation() == pytest.approx(1.0)


def test_a_sweep_on_disk_writes_what_the_one_in_memory_holds(tmp_path):
    config = config_of(UNEVEN, RANDOM, 12)
    memory = simulate(UNEVEN, config, Setting(3))
    directory = SweepDirectory(tmp_path)
    clock = VirtualClock()
    asker = VirtualAsker(make_random(config), clock, Setting(3))
    trace = run_simulation(Ledger(directory, config, asker, clock=clock), asker, UNEVEN)
    assert trace.events == memory.trace.events
    assert directory.journal.read() == memory.ledger.directory.journal.read()


def test_a_ledger_by_another_clock_is_refused(tmp_path):
    config = config_of(UNEVEN, RANDOM, 2)
    asker = VirtualAsker(make_random(config), VirtualClock(), Setting(1))
    with pytest.raises(ValueError, match="clock"):
        run_simulation(Ledger(SweepDirectory(tmp_path), config, asker), asker, UNEVEN)


@pytest.mark.parametrize(
    ("made", "key"),
    [
        (lambda: Setting(0), "workers"),
        (lambda: Setting(1, loss_rate=1.0), "loss_rate"),
        (lambda: Lognormal(0.0), "median_s"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(made, key):
    with pytest.raises(ValueError, match=f"{key} = "):
        made()


def make_random(config):
    return make_searcher(config.searcher, SearchProblem(config.space, 2), config.seeds.sweep)
