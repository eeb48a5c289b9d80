import os
import signal
import time
from functools import partial

import pytest
from slow_searchers import Dying, Raising, Remembering, refuse

from pareto_search.errors import SearcherError
from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers import SearchProblem, make_searcher
from pareto_search.searchers.process import SearcherProcess
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.space import Float

PROBLEM = SearchProblem({key: Float(type="float", low=0, high=1) for key in "ab"}, 2)
NSGA2 = partial(make_searcher, SearcherConfig(kind="nsga2", population=4), PROBLEM, 3)


@pytest.fixture
def begin():
    """A searcher in a process of its own, ended with the test."""
    running = []

    def begin(make):
        running.append(SearcherProcess(make))
        return running[-1]

    yield begin
    for process in running:
        process.close()


def outcome(point):
    return Outcome(TrialState.COMPLETE, (point["a"], 1.0 - point["a"] + point["b"]))


def play(searcher, first=0, last=8, between=lambda _index: None):
    """Ask and tell in turn; every point."""
    points = []
    for index in range(first, last):
        between(index)
        answer = searcher.ask(index)
        points.append(answer if isinstance(answer, dict) else answer.result()[0])
        searcher.tell(index, outcome(points[-1]))
    return points


def test_it_proposes_what_the_searcher_itself_would(begin):
    assert play(begin(NSGA2)) == play(NSGA2())


def test_killed_at_any_moment_it_forgets_nothing_and_proposes_the_same(begin):
    searcher = begin(NSGA2)
    killed = []

    def kill(index):
        if index in (3, 6):
            killed.append(searcher.pid)
            os.kill(searcher.pid, signal.SIGKILL)

    assert play(searcher, between=kill) == play(NSGA2())
    assert len({*killed, searcher.pid}) == 3


def test_killed_while_it_thinks_it_thinks_again(begin):
    searcher = begin(partial(Remembering, 0.3))
    searcher.ask(9).result()
    before, asked = searcher.pid, searcher.ask(0)
    time.sleep(0.1)
    os.kill(before, signal.SIGKILL)
    assert asked.result()[0] == {"x": 0.0001}
    assert searcher.pid != before


def test_events_and_proposals_keep_their_order_and_no_call_waits(begin):
    searcher = begin(partial(Remembering, 0.2))
    first = searcher.ask(0)
    searcher.tell(0, Outcome(TrialState.FAILED))
    second = searcher.ask(1)
    assert not first.done()  # the process has not even begun
    assert first.result()[0] == {"x": 0.0}
    point, seconds = second.result()
    assert point == {"x": 0.0102}
    assert seconds >= 0.2


def test_signals_to_it_are_the_drivers_to_heed(begin):
    searcher = begin(Remembering)
    searcher.ask(0).result()
    before = searcher.pid
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, number)
    assert searcher.ask(1).result()[0] == {"x": 0.0101}
    assert searcher.pid == before


def test_what_a_searcher_raises_is_said_with_its_trial_and_ends_all_later_proposals(begin):
    searcher = begin(Raising)
    searcher.ask(1).result()
    failed, later = searcher.ask(2), searcher.ask(3)
    with pytest.raises(SearcherError, match="`ask` of trial 2: RuntimeError: the sampler is conf"):
        failed.result()
    with pytest.raises(SearcherError, match="trial 2") as raised:
        later.result()
    assert "slow_searchers.py" in raised.value.trace


def test_a_searcher_that_its_own_proposal_kills_is_given_up(begin):
    with pytest.raises(SearcherError, match=r"`ask` of trial 2.* 3 times in it: exit code 7"):
        begin(Dying).ask(2).result()


def test_a_searcher_that_cannot_be_made_says_why(begin):
    with pytest.raises(SearcherError, match="its start: ImportError: no such sampler"):
        begin(refuse).ask(0).result()


def test_an_event_that_it_refuses_is_said_at_the_next_proposal(begin):
    searcher = begin(NSGA2)
    searcher.tell(5, Outcome(TrialState.FAILED))
    with pytest.raises(SearcherError, match="`tell` of trial 5"):
        searcher.ask(0).result()


def test_closing_ends_the_process_at_once_though_it_thinks(begin):
    searcher = begin(partial(Remembering, 600.0))
    asked, later = searcher.ask(0), searcher.ask(1)
    while searcher.pid is None:
        time.sleep(0.01)
    pid = searcher.pid
    searcher.close()
    assert later.cancelled()
    assert asked.cancelled() or isinstance(asked.exception(), SearcherError)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
