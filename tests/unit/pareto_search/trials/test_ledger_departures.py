"""A trial that leaves its machine: what the ledger knows of it, now and after a resume."""

import pytest

from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Departure
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.ledger import Ledger

CONFIG = SweepConfig.model_validate(
    {
        "name": "unit",
        "trainable": "some.module:train",
        "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
        "space": {"x": {"type": "float", "low": 0, "high": 1}},
        "budget": {"trials": 1},
    }
)
UID = "t0000"
BOTH = {"f1": 0.5, "f2": 0.5}


class Middle:
    """A searcher that proposes one point."""

    def ask(self, _index):
        return {"x": 0.5}

    def adopt(self, _index, _point):
        """Nothing is learned."""

    def tell(self, _index, _outcome):
        """Nothing is learned."""


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "unit").mkdir()
    return SweepDirectory(tmp_path / "unit")


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def make_ledger(directory, clock):
    def make():
        ledger = Ledger(directory, CONFIG, InlineAsker(Middle()), clock=lambda: clock[0])
        ledger.restore()
        return ledger

    return make


@pytest.fixture
def ledger(make_ledger):
    """One trial that has worked, reported and saved, and then worked on."""
    ledger = make_ledger()
    ledger.propose()
    ledger.start(UID)
    return ledger


def place(ledger, name):
    return ledger.directory.path / "ray" / name


def test_another_driver_carries_on_from_where_the_trial_left_not_from_its_last_report(
    ledger, make_ledger, clock
):
    clock[0] = 10.0
    ledger.report(UID, 1, BOTH, place(ledger, "first"))
    clock[0] = 15.0
    ledger.leave(UID, place(ledger, "left"))
    resumed = make_ledger()
    assert ledger.checkpoint_of(UID) == resumed.checkpoint_of(UID) == str(place(ledger, "left"))
    assert resumed.running[UID].last.step == 1


def test_a_report_after_leaving_is_newer_than_what_was_saved_then(ledger, make_ledger, clock):
    clock[0] = 15.0
    ledger.leave(UID, place(ledger, "left"))
    clock[0] = 20.0
    ledger.start(UID)
    ledger.report(UID, 1, BOTH, place(ledger, "second"))
    assert make_ledger().checkpoint_of(UID) == str(place(ledger, "second"))


def test_leaving_with_nothing_new_keeps_the_state_of_the_last_report(ledger, make_ledger, clock):
    clock[0] = 10.0
    ledger.report(UID, 1, BOTH, place(ledger, "first"))
    ledger.leave(UID, None)
    assert make_ledger().checkpoint_of(UID) == str(place(ledger, "first"))


def test_leaving_is_no_report_and_the_wait_for_another_machine_no_work(ledger, clock):
    clock[0] = 10.0
    ledger.leave(UID, place(ledger, "left"))
    assert ledger.directory.reports.read()[0] == []
    clock[0] = 100.0
    assert ledger.worked_s() == 10.0
    ledger.start(UID)
    clock[0] = 105.0
    ledger.report(UID, 1, BOTH, None)
    record = ledger.finish(UID)
    assert (record.state.value, record.step, record.worked_s) == ("complete", 1, 15.0)


def test_a_departure_is_a_line_of_the_journal_that_is_neither_begin_nor_end(ledger):
    ledger.leave(UID, place(ledger, "left"))
    journal = ledger.directory.journal
    assert journal.departures() == [Departure(UID, 0.0, "ray/left")]
    assert [type(entry).__name__ for entry in journal.read()] == ["Proposal"]


def test_a_trial_that_has_ended_leaves_nothing(ledger):
    ledger.report(UID, 1, BOTH, None)
    ledger.finish(UID)
    ledger.leave(UID, None)
    assert ledger.directory.journal.departures() == []
