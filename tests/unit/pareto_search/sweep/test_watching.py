"""A request to stop ends the sweep as Ctrl-C does, and is looked for once a second."""

import json
from types import SimpleNamespace

import pytest
from sweeping import ZDT1

from pareto_search.recipe.loading import make_config
from pareto_search.storage import stop_request, writer
from pareto_search.storage.directory import SweepDirectory
from pareto_search.sweep.interrupt import Interrupt
from pareto_search.sweep.watching import Ending, Watch

CONFIG = make_config({**ZDT1, "budget": {"trials": 4}})


@pytest.fixture
def watch(tmp_path):
    now = [0.0]
    ledger = SimpleNamespace(
        config=CONFIG, directory=SweepDirectory(tmp_path), records=[],
        has_failed=lambda: False, elapsed_s=lambda: 0.0, worked_s=lambda: 0.0,
    )  # fmt: skip
    made = Watch(ledger, Interrupt(), clock=lambda: now[0])
    return made, now


def test_a_request_ends_the_sweep_as_an_interruption_and_says_so(watch, capfd):
    made, now = watch
    assert made.ending() is None
    stop_request.ask_to_stop(made.ledger.directory)
    now[0] = 1.0
    assert made.ending() is Ending.INTERRUPTED
    assert "Stopping, as `pareto-search stop` asked." in capfd.readouterr().err


def test_the_storage_is_looked_at_once_a_second(watch, monkeypatch):
    looks = []
    monkeypatch.setattr("pareto_search.sweep.watching.is_asked_to_stop", looks.append)
    made, now = watch
    for tenth in range(31):
        now[0] = tenth / 10
        made.ending()
    assert len(looks) == 4


def test_a_sweep_that_another_process_has_taken_over_ends_here(watch, capfd):
    made, now = watch
    writer.claim(made.ledger.directory)
    assert made.ending() is None
    file = made.ledger.directory.path / "writer.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "token": "other", "host": "node7"}))
    now[0] = 1.0
    assert made.ending() is Ending.INTERRUPTED
    assert "the sweep is run by process" in (said := capfd.readouterr().err)
    assert "on node7" in said


def test_it_stays_asked_to_stop_when_the_request_is_gone(watch):
    made, now = watch
    stop_request.ask_to_stop(made.ledger.directory)
    made.ending()
    stop_request.take_back(made.ledger.directory)
    now[0] = 5.0
    assert made.ending() is Ending.INTERRUPTED
