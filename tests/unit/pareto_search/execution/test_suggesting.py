"""What Tune's search algorithm hands out, when, and that nothing waits for a slow searcher."""

import time
from functools import partial
from pathlib import Path

import pytest
from ray.tune.search import Searcher
from slow_searchers import Raising, Remembering

from pareto_search.errors import SearcherError
from pareto_search.execution import suggesting
from pareto_search.execution.asking import ProcessAsker
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.searchers.process import SearcherProcess
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.ledger import Ledger

METRICS = {"f1": 0.5, "f2": 0.25}


@pytest.fixture
def begin(tmp_path, make_config):
    """A ledger whose searcher, in a process of its own, is what `make` makes; and its prefetch."""
    running = []

    def begin(make, prefetch="auto", trials=40):
        (tmp_path / "unit").mkdir(exist_ok=True)
        running.append(SearcherProcess(make))
        running[-1].ask(10_000).result()  # it has started
        ahead = Prefetch(prefetch)
        ledger = Ledger(
            SweepDirectory(tmp_path / "unit"),
            make_config(budget={"trials": trials}),
            ProcessAsker(running[-1], ahead),
        )
        ledger.restore()
        return ledger, ahead

    yield begin
    for process in running:
        process.close()


def end(ledger, uid):
    ledger.start(uid)
    ledger.report(uid, 1, METRICS, None)
    ledger.finish(uid)


def wait(search):
    """The next assignment, as Tune asks for it again and again."""
    while (found := search.suggest("tune's id")) is None:
        time.sleep(0.01)
    return found


def test_a_trial_due_again_is_handed_out_with_its_checkpoint(make_ledger, make_search):
    ledger = make_ledger()
    ledger.propose()
    ledger.propose()
    place = ledger.directory.path / "ray" / "c1"
    ledger.report("t0000", 1, METRICS, place)
    search = make_search(make_ledger())
    assert search.suggest("a") == {
        "uid": "t0000",
        "point": {"x": 0.0},
        "repeat": 0,
        "checkpoint": str(place),
    }
    assert search.suggest("b") == {
        "uid": "t0001",
        "point": {"x": 0.1},
        "repeat": 0,
        "checkpoint": None,
    }


def test_tunes_own_end_of_a_trial_reaches_the_ledger_through_the_callback_alone(
    make_ledger, make_search
):
    ledger = make_ledger()
    ledger.propose()
    make_search(ledger).on_trial_complete("tune's id", error=True)
    assert ledger.records == []
    assert list(ledger.running) == ["t0000"]


def test_the_state_of_the_search_is_the_journal_and_no_file_of_tunes(
    make_ledger, make_search, tmp_path
):
    ledger = make_ledger()
    search = make_search(ledger)
    before = ledger.directory.journal.read()
    search.save(str(tmp_path / "state"))
    search.restore(str(tmp_path / "state"))
    assert not (tmp_path / "state").exists()
    assert ledger.directory.journal.read() == before


def test_a_worker_that_is_there_or_gone_counts_at_once(make_ledger, make_search):
    ledger, workers = make_ledger(), [1]
    search = make_search(ledger, lambda: workers[0])
    assert search.suggest("a")["uid"] == "t0000"
    assert search.suggest("b") is None
    workers[0] = 2
    assert search.suggest("b")["uid"] == "t0001"
    workers[0] = 1
    end(ledger, "t0000")
    assert search.suggest("c") is None


def test_a_reason_to_stop_ends_the_search_before_the_budget_does(make_ledger, make_search):
    reasons = []
    search = make_search(make_ledger(), should_stop=lambda: bool(reasons))
    assert search.suggest("a")["uid"] == "t0000"
    reasons.append("out of time")
    assert search.suggest("b") == Searcher.FINISHED


def test_while_a_searcher_thinks_tune_goes_on_with_results(begin, make_search):
    ledger, _ = begin(partial(Remembering, 0.5))
    search = make_search(ledger, lambda: 4)
    first = search.suggest("a")["uid"]  # nothing runs: this one is waited for
    waits = 0
    while search.suggest("b") is None:
        waits += 1
        if waits == 1:
            end(ledger, first)  # a result in the meantime
            assert ledger.records[0].uid == first
            ledger.running["t9999"] = None  # something else still runs
            search._handed["t9999"] = 0.0
    assert waits >= 10  # each of them a few thousandths of a second


def test_with_one_worker_every_proposal_knows_every_result(begin, make_search):
    ledger, ahead = begin(partial(Remembering, 0.05), trials=5)
    search = make_search(ledger, lambda: 1)
    for _ in range(5):
        uid = wait(search)["uid"]
        assert search.suggest("more") is None
        end(ledger, uid)
        assert ahead.number == 0
    known = [proposal.known for proposal in ledger.directory.proposals()]
    assert known == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("prefetch", [0, 2, "auto"])
def test_how_stale_a_proposal_is_stands_in_the_journal_and_is_bounded(begin, make_search, prefetch):
    workers, trials = 3, 24
    ledger, _ = begin(partial(Remembering, 0.02), prefetch, trials)
    search, running = make_search(ledger, lambda: workers), []
    while (found := search.suggest("tune's id")) != Searcher.FINISHED:
        if found is not None:
            running.append(found["uid"])
        elif len(running) == workers:
            time.sleep(0.02)
            end(ledger, running.pop(0))
    stale = staleness(ledger.directory)
    most = {"auto": workers}.get(prefetch, prefetch)
    assert len(stale) == trials
    assert max(stale) <= workers + most
    if prefetch != 0:
        assert max(stale) >= 1  # it did ask ahead


def staleness(directory):
    """For each proposal, how many trials had ended that its point did not know."""
    ended, found = 0, []
    for entry in directory.journal.read():
        if hasattr(entry, "known"):
            found.append(ended - entry.known)
        else:
            ended += 1
    return found


def test_a_searcher_that_fails_ends_the_search_and_its_error_is_kept(begin, make_search):
    ledger, _ = begin(Raising)
    search = make_search(ledger, lambda: 8)
    assert [search.suggest(name)["uid"] for name in "ab"] == ["t0000", "t0001"]
    assert wait(search) == Searcher.FINISHED
    assert isinstance(search.error, SearcherError)
    assert "trial 2: RuntimeError: the sampler is confused" in str(search.error)
    assert list(ledger.running) == ["t0000", "t0001"]  # to be carried on
    assert Path(ledger.directory.path / "journal.jsonl").exists()


@pytest.mark.parametrize(
    ("workers", "trial_s", "may_queue", "queued"),
    [(2, 0.5, True, 1), (2, 60.0, True, 0), (2, 0.5, False, 0), (1, 0.5, True, 0)],
    ids=["short trials", "long trials", "the recipe's bound", "one worker"],
)
def test_one_more_queues_where_a_new_worker_is_slower_to_start_than_trials_are_to_end(
    make_ledger, make_search, monkeypatch, workers, trial_s, may_queue, queued
):
    monkeypatch.setattr(suggesting, "STARTING_S", -1.0)  # whoever waits has waited long enough
    search = make_search(make_ledger(), lambda: workers, may_queue=lambda: may_queue)
    search._ahead.completed(trial_s, 0.0)
    handed = 0
    while handed < 4 and search.suggest("tune's id") is not None:
        handed += 1
    assert handed >= workers
    if not queued:
        assert handed == workers
    ledger = search._ledger
    for uid in list(ledger.running)[:workers]:
        ledger.start(uid)
    if queued:
        assert handed == workers + 1
        ledger.start("t0002")
    assert search.suggest("tune's id") is None  # every worker works: nothing queues
