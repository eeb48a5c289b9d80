"""What the searcher hears of a sweep, live and after a restore: proposals ahead, repeats, ends."""

import math
import random
from dataclasses import dataclass, field

import pytest

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers import make_searcher, problem_of
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.asking import InlineAsker, Pending
from pareto_search.trials.ledger import Ledger

RECIPE = {
    "name": "unit",
    "trainable": "some.module:train",
    "objectives": [
        {"name": "f1", "reference": 1.0},
        {"name": "gain", "direction": "maximize", "reference": 0.0},
    ],
    "space": {f"x{i}": {"type": "float", "low": 0, "high": 1} for i in range(3)},
    "baselines": [{"x0": 0.5, "x1": 0.5, "x2": 0.5}],
    "budget": {"trials": 40},
}


@dataclass
class Listening:
    """A searcher that also writes down what it lived through; asked and adopted are alike."""

    searcher: object
    story: list = field(default_factory=list)

    def ask(self, index):
        point = self.searcher.ask(index)
        self.story.append((index, point))
        return point

    def adopt(self, index, point):
        self.searcher.adopt(index, point)
        self.story.append((index, dict(point)))

    def tell(self, index, outcome):
        self.searcher.tell(index, outcome)
        self.story.append((index, outcome))


@pytest.fixture
def make_ledger(tmp_path):
    def make(kind="nsga2", clock=None, **changes):
        config = SweepConfig.model_validate(
            {**RECIPE, "searcher": {"kind": kind, "population": 4}, **changes}
        )
        (tmp_path / "unit").mkdir(exist_ok=True)
        asker = InlineAsker(Listening(make_searcher(config.searcher, problem_of(config), 0)))
        ledger = Ledger(SweepDirectory(tmp_path / "unit"), config, asker)
        if clock is not None:
            ledger.clock = clock
        ledger.restore()
        return ledger

    return make


class Thinking(InlineAsker):
    """Is ready with nothing while it thinks."""

    is_thinking = True

    def ready(self, index):
        return None if self.is_thinking else super().ready(index)


def story(ledger):
    return ledger.asker.searcher.story


def end(ledger, uid, metrics=None, **failure):
    """Report `metrics` of the trial `uid`, or the failure, and end it."""
    if metrics is not None:
        ledger.report(uid, 1, metrics, None)
    if failure:
        ledger.fail(uid, "it failed", **failure)
    return ledger.finish(uid)


def end_one(ledger, order):
    """End one of the running trials, which one and how being drawn from `order`."""
    uid = order.choice(sorted(ledger.running))
    point = ledger.running[uid].proposal.point
    values = {"f1": sum(point.values()), "gain": point["x0"]}
    luck = order.random()
    if luck < 0.1:
        end(ledger, uid, is_lost=True)
    elif luck < 0.2:
        end(ledger, uid, is_infeasible=True)
    else:
        end(ledger, uid, values)


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("ahead", [0, 1, 4])
def test_a_restore_tells_the_searcher_the_same_story_however_far_ahead_it_was_asked(
    make_ledger, ahead, repeats
):
    changes = {"seeds": {"repeats": repeats}}
    ledger, order = make_ledger(**changes), random.Random(0)
    while (proposal := ledger.propose()) is not None:
        ledger.prefetch(ahead)
        while len(ledger.running) > order.randint(0, 5):
            end_one(ledger, order)
        begun = proposal.index + 1
        if begun in (7, 20, 33):
            again = make_ledger(**changes)
            known = [event for event in story(ledger) if event[0] < begun]
            assert story(again) == known
            # what was asked ahead was not written down: the rebuilt searcher never heard of it
            if ahead == 0:
                assert again.asker.searcher.searcher.ask(999) == _next(known, again.config)


def _next(events, config):
    searcher = make_searcher(config.searcher, problem_of(config), 0)
    for index, event in events:
        if isinstance(event, Outcome):
            searcher.tell(index, event)
        else:
            searcher.adopt(index, event)
    return searcher.ask(999)


def test_a_proposal_says_how_many_endings_it_knew_of(make_ledger):
    ledger = make_ledger()
    ledger.propose()
    ledger.prefetch(2)
    end(ledger, "t0000", {"f1": 0.5, "gain": 0.5})
    assert [ledger.propose().known for _ in range(3)] == [0, 0, 1]


def test_nothing_is_asked_ahead_before_the_baselines_have_begun_or_past_the_budget(make_ledger):
    ledger = make_ledger(budget={"trials": 3})
    ledger.prefetch(5)
    assert story(ledger) == []
    ledger.propose()
    ledger.prefetch(5)
    assert [index for index, _ in story(ledger)] == [0, 1, 2]


def test_while_a_point_is_being_found_the_answer_is_to_wait(make_ledger):
    ledger = make_ledger()
    ledger.propose()
    ledger.asker = Thinking(ledger.asker.searcher)
    assert ledger.propose() is Pending.WAIT
    assert ledger.propose() is Pending.WAIT
    ledger.asker.is_thinking = False
    assert ledger.propose().uid == "t0001"
    assert [index for index, _ in story(ledger)] == [0, 1]  # asked once, though it had to wait


def test_repeats_are_trials_of_one_point_with_seeds_of_their_own_and_one_ending(make_ledger):
    ledger = make_ledger(seeds={"repeats": 3})
    proposals = [ledger.propose() for _ in range(6)]
    assert [(p.index, p.repeat, p.baseline) for p in proposals] == [
        (0, 0, True), (1, 1, True), (2, 2, True), (3, 0, False), (4, 1, False), (5, 2, False),
    ]  # fmt: skip
    assert len({str(p.point) for p in proposals[3:]}) == 1
    for uid, f1 in (("t0005", 0.1), ("t0003", 0.2), ("t0000", 0.4)):
        end(ledger, uid, {"f1": f1, "gain": 0.5})
    assert [event for event in story(ledger) if isinstance(event[1], Outcome)] == []
    end(ledger, "t0004", {"f1": 0.6, "gain": 0.5})
    index, outcome = story(ledger)[-1]
    assert (index, outcome.state) == (3, TrialState.COMPLETE)
    assert outcome.losses == pytest.approx((0.3, -0.5))
    # the sample deviation of 0.1, 0.2, 0.6 is sqrt(0.07)
    assert outcome.standard_errors == pytest.approx((math.sqrt(0.07 / 3), 0.0))


def test_a_point_that_comes_again_gets_another_seed(make_ledger):
    ledger = make_ledger(
        space={"a": {"type": "choice", "values": ["only"]}}, baselines=[], kind="random"
    )
    assert [ledger.propose().repeat for _ in range(3)] == [0, 1, 2]


GOOD = {"f1": 0.5, "gain": 0.5}


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([({}, "infeasible"), (GOOD, None)], ("failed", True)),
        ([({}, "raised"), (GOOD, None)], ("failed", True)),
        ([({}, "lost"), (GOOD, None)], ("complete", False)),
        ([({}, "lost"), ({}, "lost")], ("failed", False)),
        ([(GOOD, "stopped"), (GOOD, None)], ("stopped", False)),
        ([({"f1": math.nan, "gain": 1.0}, None), (GOOD, None)], ("failed", True)),
    ],
)
def test_one_infeasible_repeat_makes_a_configuration_infeasible_and_a_lost_one_does_not(
    make_ledger, ends, told
):
    ledger = make_ledger(seeds={"repeats": 2})
    for metrics, how in ends:
        uid = ledger.propose().uid
        ledger.report(uid, 1, metrics, None) if metrics else None
        if how in ("infeasible", "raised", "lost"):
            ledger.fail(uid, how, is_infeasible=how == "infeasible", is_lost=how == "lost")
        ledger.finish(uid, is_stopped=how == "stopped")
    outcome = story(ledger)[-1][1]
    assert (outcome.state, outcome.is_infeasible) == told
    assert (outcome.losses is not None) == (told[0] == "complete")


@pytest.mark.parametrize(
    ("metrics", "failure", "infeasible", "counted"),
    [
        ({"f1": math.inf, "gain": 1.0}, {}, True, 0),
        (GOOD, {"is_infeasible": True}, True, 0),
        (GOOD, {"is_infeasible": False}, False, 1),
        (GOOD, {"is_lost": True}, False, 1),
        (None, {}, False, 1),
    ],
)
def test_divergence_and_memory_are_no_failures_of_the_sweep_and_all_others_are(
    make_ledger, metrics, failure, infeasible, counted
):
    ledger = make_ledger()
    record = end(ledger, ledger.propose().uid, metrics, **failure)
    assert (record.state, record.infeasible) == (TrialState.FAILED, infeasible)
    assert record.lost == failure.get("is_lost", False)
    assert ledger.failures() == make_ledger().failures() == counted  # after a resume too
    assert ledger.directory.records()[0] == record


@pytest.mark.parametrize(
    ("memory", "violation"), [(50.0, 10.0), (30.0, -10.0), (math.nan, math.inf), (None, math.inf)]
)
def test_a_complete_trial_tells_by_how_much_it_breaks_each_constraint(
    make_ledger, memory, violation
):
    ledger = make_ledger(constraints=["memory <= 40", "x0 <= 0.9", "f1 + gain >= 0.2"])
    metrics = GOOD if memory is None else {**GOOD, "memory": memory}
    record = end(ledger, ledger.propose().uid, metrics)
    assert record.violations == pytest.approx((violation, -0.8))
    assert story(ledger)[-1][1].violations == record.violations
    assert record.is_constrained == (violation > 0)
    assert ledger.directory.records()[0].violations == record.violations


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self):
        return self.now


def test_the_time_of_a_sweep_counts_its_sessions_and_not_the_time_between(make_ledger):
    clock = Clock(100.0)
    first = make_ledger(clock=clock)
    for _ in range(2):
        first.propose()
    first.start("t0000")
    clock.now = 110.0
    first.report("t0000", 1, GOOD, None)
    first.start("t0001")
    clock.now = 130.0
    assert (first.elapsed_s(), first.worked_s()) == (30.0, 30.0 + 20.0)
    first.finish("t0000")
    clock.now = 135.0
    first.report("t0001", 1, GOOD, None)  # its last sign of life before a kill at 140
    clock.now = 1000.0
    again = make_ledger(clock=clock)
    assert again.elapsed_s() == 35.0
    assert again.worked_s() == 30.0 + 35.0  # of t0001 only when it was proposed is on disk
    assert again.propose().uid == "t0001"
    again.start("t0001")
    clock.now = 1003.0
    assert (again.elapsed_s(), again.worked_s()) == (38.0, 68.0)


def test_work_before_a_worker_was_lost_counts_too(make_ledger):
    clock = Clock()
    ledger = make_ledger(clock=clock)
    ledger.propose()
    for now in (10.0, 25.0):
        clock.now = now
        ledger.start("t0000")
    clock.now = 30.0
    record = end(ledger, "t0000", GOOD)
    assert (record.elapsed_s, record.worked_s) == (5.0, 20.0)
    assert ledger.worked_s() == 20.0
