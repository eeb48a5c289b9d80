"""A real ledger on a temporary directory, for what hands its trials to Ray."""

from itertools import count

import pytest

from pareto_search.execution.suggesting import LedgerSearch
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.storage.directory import SweepDirectory
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.ledger import Ledger

RECIPE = {
    "name": "unit",
    "trainable": "some.module:train",
    "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
    "space": {"x": {"type": "float", "low": 0, "high": 1}},
    "budget": {"trials": 5},
}


class Tenths:
    """A searcher that proposes 0, 0.1, 0.2, ... and learns nothing."""

    def ask(self, index):
        return {"x": index / 10}

    def adopt(self, index, point):
        """Nothing to learn."""

    def tell(self, index, outcome):
        """Nothing to learn."""


@pytest.fixture
def make_config():
    """The configuration of a small sweep, with `changes` laid over it."""
    return lambda **changes: SweepConfig.model_validate({**RECIPE, **changes})


@pytest.fixture
def make_ledger(tmp_path, make_config):
    """A ledger of a sweep in `tmp_path`, restored from what lies there."""

    def make(**changes):
        (tmp_path / "unit").mkdir(exist_ok=True)
        directory = SweepDirectory(tmp_path / "unit")
        asker = InlineAsker(Tenths())
        ledger = Ledger(directory, make_config(**changes), asker, clock=count().__next__)
        ledger.restore()
        return ledger

    return make


@pytest.fixture
def make_search():
    """Tune's search algorithm over a ledger, with more workers than it needs unless said."""

    def make(ledger, workers=lambda: 99, **settings):
        ahead = getattr(ledger.asker, "ahead", Prefetch("auto"))
        return LedgerSearch(ledger, workers, ahead, **settings)

    return make
