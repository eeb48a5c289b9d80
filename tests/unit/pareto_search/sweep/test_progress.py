import io

import pytest
from rich.console import Console

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers import make_searcher, problem_of
from pareto_search.storage.directory import SweepDirectory
from pareto_search.sweep.interrupt import STOPPING, Interrupt
from pareto_search.sweep.progress import Progress
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.ledger import Ledger

CONFIG = SweepConfig.model_validate(
    {
        "name": "unit",
        "trainable": "some.module:train",
        "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
        "space": {"x": {"type": "float", "low": 0, "high": 1}},
        "searcher": {"kind": "random"},
        "budget": {"trials": 6},
    }
)


@pytest.fixture
def ledger(tmp_path):
    (tmp_path / "unit").mkdir()
    ledger = Ledger(
        SweepDirectory(tmp_path / "unit"),
        CONFIG,
        InlineAsker(make_searcher(CONFIG.searcher, problem_of(CONFIG), 0)),
    )
    for _ in range(4):
        ledger.propose()
    for uid, f1 in (("t0000", 0.5), ("t0001", 0.25)):
        ledger.report(uid, 1, {"f1": f1, "f2": 0.5}, None)
        ledger.finish(uid)
    ledger.finish("t0002")
    ledger.propose()
    ledger.start("t0003")
    ledger.report("t0003", 7, {"f1": 0.1, "f2": 0.1}, None)
    return ledger


def shown(ledger, *, terminal, is_set=False):
    interrupt = Interrupt(is_set=is_set)
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=300)
    with Progress(ledger, lambda: "3 behind: refused", interrupt, console):
        pass
    return stream.getvalue()


@pytest.mark.parametrize(
    "part",
    [
        "trials 3/6",
        "running 1 (t0003@7)",
        "failed 1",
        "stopped 0",
        "hypervolume 0.3750",
        "best f1 0.2500 (t0001)",
        "MLflow 3 behind: refused",
        "time left",
    ],
)
def test_the_line_says_how_the_sweep_stands(ledger, part):
    assert part in shown(ledger, terminal=False)


def test_a_terminal_gets_a_table_and_the_last_line_stays(ledger):
    text = shown(ledger, terminal=True)
    assert "sweep unit" in text
    assert "trials 3/6" in text.splitlines()[-1]


def test_a_terminal_says_that_the_sweep_is_stopping(ledger):
    first = STOPPING.split()[0]  # the table may break the line
    assert first in shown(ledger, terminal=True, is_set=True)
    assert first not in shown(ledger, terminal=True)


def test_before_any_trial_has_ended_nothing_is_claimed(tmp_path):
    (tmp_path / "unit").mkdir()
    empty = Ledger(
        SweepDirectory(tmp_path / "unit"),
        CONFIG,
        InlineAsker(make_searcher(CONFIG.searcher, problem_of(CONFIG), 0)),
    )
    text = shown(empty, terminal=False)
    assert "time left ?" in text
    assert "best" not in text
