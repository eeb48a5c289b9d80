"""What recording costs a driver that has thousands of trials behind it: only what is new."""

import pytest
from recording import HandSweep

from pareto_search.tracking import mirror as mirrors
from pareto_search.tracking import session as sessions
from pareto_search.tracking.client import Run
from pareto_search.tracking.mirror import Mirror
from pareto_search.tracking.reader import Reader
from pareto_search.tracking.sending import send_proposals
from pareto_search.tracking.session import Session
from pareto_search.tracking.standing import PLACE, RANK


class Client:
    """A store that keeps what the runs say of themselves."""

    def __init__(self):
        self.written = []

    def create_run(self, _experiment, name, start_ms, tags):
        return Run(name, "RUNNING", start_ms, tags=dict(tags))

    def write(self, run, metrics=(), params=None, tags=None):
        self.written.append(run.id)
        run.params.update(params or {})
        run.tags.update(tags or {})
        run.metrics.update({m.key: m.value for m in metrics})

    def end(self, run, status, end_ms):
        run.status, run.end_ms = status, end_ms

    def revive(self, run):
        run.status = "RUNNING"


@pytest.fixture
def sweep(tmp_path):
    return HandSweep(tmp_path)


@pytest.fixture
def session():
    tags = {"pareto.sweep": "toy", "pareto.sweep_id": "1"}
    return Session(Client(), "1", Run("parent", tags=tags), {})


def test_the_params_of_a_trial_are_looked_at_once(sweep, session, monkeypatch):
    for index in range(3):
        sweep.begin(index)
    reader, looked = Reader(sweep.directory), []
    params_of = sessions.params_of
    monkeypatch.setattr(sessions, "params_of", lambda p: looked.append(1) or params_of(p))
    assert send_proposals(session, reader.take()) == 3
    sweep.begin(3)
    assert send_proposals(session, reader.take()) == 1
    assert len(looked) == 4
    assert session.children["t0003"].params["x0"] == "0.3"


def test_a_run_that_was_made_but_for_its_params_gets_them(sweep, session):
    sweep.begin(0)
    session.children["t0000"] = Run("made")
    assert send_proposals(session, Reader(sweep.directory).take()) == 1
    assert session.children["t0000"].params["x0"] == "0.0"


def test_trials_are_put_in_order_with_each_one_of_few_and_one_in_so_many_of_many(
    sweep, session, monkeypatch
):
    monkeypatch.setattr(mirrors, "_ORDERS", 5)
    orders, order = [], mirrors.order
    monkeypatch.setattr(
        mirrors, "order", lambda records, *_: orders.append(len(records)) or order(records, *_)
    )
    mirror = Mirror(sweep.directory, sweep.config, "http://nobody.invalid")
    mirror._session = session
    for index in range(20):
        sweep.trial(index, f1=(20 - index) / 25)
        mirror.sync()
    assert orders == [1, 2, 3, 4, 6, 8, 11, 14, 18]
    places = [session.children[f"t{index:04d}"].metrics[PLACE] for index in range(18)]
    assert places == list(range(18, 0, -1))  # each trial was better than all before it
    assert session.children["t0017"].tags[RANK] == "0"
    assert PLACE not in session.children["t0019"].metrics  # it comes with the next order
