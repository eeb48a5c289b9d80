"""What every searcher promises; a new one is tested by being listed in the registry."""

import logging
import random
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from searching import NAMES, VARIANTS, few, searcher_of

from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Choice, Float, Int, contains, digest

UNIT = {f"x{place}": Float(type="float", low=0, high=1) for place in range(6)}
MIXED = {
    "tau": Float(type="float", low=0.02, high=10, log=True, when={"kind": "consistent"}),
    "rank": Int(type="int", low=1, high=64, log=True, when={"kind": ["consistent", "upgrad"]}),
    "kind": Choice(type="choice", values=("plain", "consistent", "upgrad")),
    "width.mm": Float(type="float", low=-4.0, high=4.0),
    "shells": Int(type="int", low=2, high=5),
    "flag": Choice(type="choice", values=(True, False, 1, 1.0, "1")),
    "deep": Float(type="float", low=0, high=1, when={"rank": [1, 2, 3, 4, 5, 6, 7, 8], "flag": 1}),
}
SPACES = {
    "unit": UNIT,
    "mixed": MIXED,
    "small": {"a": Int(type="int", low=0, high=3), "b": Choice(type="choice", values=("u", "v"))},
    "single": {
        "only": Choice(type="choice", values=("here",)),
        "at": Float(type="float", low=2.0, high=2.0, log=True),
        "n": Int(type="int", low=3, high=3),
    },
}


@pytest.fixture(params=VARIANTS, ids=NAMES)
def make(request):
    """Build the searcher under test: over a space, from a seed."""

    def build(space, seed=0, num_objectives=2):
        return searcher_of(request.param, space, seed, num_objectives, population=8, startup=4)

    build.few = partial(few, request.param)
    return build


def complete(*losses):
    return Outcome(TrialState.COMPLETE, losses)


def losses_at(point, num_objectives=2):
    """Losses that depend on the whole point and on nothing else."""
    drawn = np.random.default_rng(int(digest(point), 16)).random(num_objectives)
    return tuple(float(loss) for loss in drawn)


def ending(index, point):
    """Of eight trials one fails for its point and one is lost; every fifth other is stopped."""
    if index % 4 == 3:
        return Outcome(TrialState.FAILED, is_infeasible=index % 8 == 3)
    if index % 5 == 4:
        return Outcome(TrialState.STOPPED)
    return complete(*losses_at(point))


def run(searcher, trials, seed=0, most_pending=6, baseline=None, meanwhile=None):
    """Ask and tell in a random, asynchronous order; the events, as a journal would keep them."""
    order = random.Random(seed)
    events, pending = [], {}
    for index in range(trials):
        if index == 0 and baseline is not None:
            searcher.adopt(index, baseline)
            pending[index] = baseline
        else:
            pending[index] = searcher.ask(index)
        events.append((index, dict(pending[index]), None))
        if meanwhile is not None:
            meanwhile(index)
        while len(pending) > order.randint(0, most_pending):
            ended = order.choice(sorted(pending))
            outcome = ending(ended, pending.pop(ended))
            searcher.tell(ended, outcome)
            events.append((ended, None, outcome))
    return events


def replay(searcher, events):
    for index, point, outcome in events:
        if outcome is None:
            searcher.adopt(index, point)
        else:
            searcher.tell(index, outcome)


def proposals(events):
    return [point for _, point, outcome in events if outcome is None]


@pytest.mark.parametrize("name", SPACES)
def test_every_proposal_is_of_the_space(make, name):
    space = SPACES[name]
    points = proposals(run(make(space), make.few(60)))
    assert all(contains(space, point) for point in points)
    assert all(type(value) in (bool, int, float, str) for p in points for value in p.values())


def test_any_number_of_asks_may_come_before_the_first_tell(make):
    searcher = make(UNIT)
    points = [searcher.ask(index) for index in range(40)]
    assert len({digest(point) for point in points}) == 40


def test_trials_may_end_in_any_order(make):
    searcher = make(MIXED)
    points = {index: searcher.ask(index) for index in range(12)}
    for index in reversed(range(12)):
        searcher.tell(index, complete(*losses_at(points[index])))
    assert contains(MIXED, searcher.ask(12))


def test_three_objectives_work_as_two_do(make):
    searcher = make(MIXED, num_objectives=3)
    for index in range(make.few(20)):
        searcher.tell(index, complete(*losses_at(searcher.ask(index), 3)))
    assert contains(MIXED, searcher.ask(20))


@pytest.mark.parametrize("name", SPACES)
def test_one_seed_and_one_order_give_the_same_proposals(make, name):
    assert run(make(SPACES[name]), make.few(40)) == run(make(SPACES[name]), make.few(40))


def test_another_seed_gives_other_proposals(make):
    one, other = (proposals(run(make(UNIT, seed), make.few(30))) for seed in (0, 1))
    assert not {digest(point) for point in one} & {digest(point) for point in other}


@pytest.mark.parametrize("name", ["unit", "mixed", "small"])
@pytest.mark.parametrize("trials", [3, 45])
def test_replaying_the_events_restores_a_searcher_exactly(make, name, trials):
    space = SPACES[name]
    baseline = make(space, seed=9).ask(0)
    kept = make(space)
    trials = make.few(trials) if trials > 3 else trials
    events = run(kept, trials, baseline=baseline)
    restored = make(space)
    replay(restored, events)
    for index in range(trials, trials + make.few(12)):
        point = kept.ask(index)
        assert restored.ask(index) == point
        for searcher in (kept, restored):
            searcher.tell(index, ending(index, point))


def test_a_searcher_restored_at_any_event_goes_on_as_the_uninterrupted_one_did(make):
    events = run(make(MIXED), make.few(25))
    for cut in range(1, 40, 4):
        restored = make(MIXED)
        replay(restored, events[:cut])
        for index, point, outcome in events[cut:]:
            if outcome is None:
                assert restored.ask(index) == point
            else:
                restored.tell(index, outcome)


def test_another_process_with_other_hashes_proposes_the_same():
    program = (
        "from searching import VARIANTS, few, lighten, searcher_of\n"
        "from pareto_search.searchers.protocol import Outcome, TrialState\n"
        "from pareto_search.space import Choice, Float\n"
        "space = {'kind': Choice(type='choice', values=('a', 'b'))}\n"
        "for key in ('one', 'two', 'three'):\n"
        "    space[key] = Float(type='float', low=0, high=1, when={'kind': 'a'})\n"
        "space['four'] = Float(type='float', low=0, high=1, when={'kind': 'b'})\n"
        "lighten()\n"
        "for variant in VARIANTS:\n"
        "    searcher = searcher_of(variant, space, population=4, startup=4)\n"
        "    for index in range(few(variant, 20)):\n"
        "        point = searcher.ask(index)\n"
        "        total = sum(v for v in point.values() if isinstance(v, float))\n"
        "        searcher.tell(index, Outcome(TrialState.COMPLETE, (total, 1 - total)))\n"
        "    print(variant, point)\n"
    )
    root = Path(__file__).parents[2]
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={"PYTHONHASHSEED": hashes, "PYTHONPATH": f"{root}:{root / 'tests'}"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hashes in ("1", "2")
    }
    assert len(printed) == 1
    assert printed.pop().count("kind") == len(VARIANTS)


def test_the_number_of_trials_that_run_does_not_reach_the_proposals_of_random_trials(make):
    """The first proposals know no result, so they are the same however many run at once."""
    at_once = make(UNIT)
    one_by_one = make(UNIT)
    for index in range(4):
        point = one_by_one.ask(index)
        assert at_once.ask(index) == point
        one_by_one.tell(index, complete(*losses_at(point)))


def test_losses_of_a_trial_that_did_not_complete_are_passed_over(make):
    """A partial value told by mistake changes nothing."""
    points = []
    for losses in (None, (-1e9, -1e9)):
        searcher = make(UNIT)
        for index in range(make.few(60)):
            point = searcher.ask(index)
            has_stopped = index % 2 == 1
            stopped = Outcome(TrialState.STOPPED, losses)
            searcher.tell(index, stopped if has_stopped else complete(*losses_at(point)))
        points.append(searcher.ask(100))
    assert points[0] == points[1]


def test_a_small_space_is_searched_through_before_a_point_is_repeated(make):
    searcher = make(SPACES["small"])
    points = []
    for index in range(12):
        points.append(searcher.ask(index))
        searcher.tell(index, complete(*losses_at(points[-1])))
    assert len({digest(point) for point in points[:8]}) == 8


def test_the_global_generators_are_left_alone(make):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  the state that must not change
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    run(make(MIXED), make.few(30))
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002


def test_the_global_generators_do_not_matter(make):
    runs = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  the state that must not matter
        runs.append(run(make(MIXED), make.few(30)))
    assert runs[0] == runs[1]


def test_two_searchers_share_nothing(make):
    other = make(MIXED, seed=3)

    def work(index):
        other.tell(index, complete(*losses_at(other.ask(index))))

    assert run(make(MIXED), make.few(30), meanwhile=work) == run(make(MIXED), make.few(30))


def test_nothing_is_warned_printed_or_logged(make, capfd, caplog):
    with warnings.catch_warnings(), caplog.at_level(logging.INFO):
        warnings.simplefilter("error")
        run(make(MIXED), make.few(30))
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""
