"""Why a sweep ends, asked at every event: so it costs nothing that grows with trials."""

from types import SimpleNamespace

import pytest

from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.sweep.watching import Ending, Watch

CONFIG = {
    "name": "unit",
    "trainable": "some.module:train",
    "objectives": [{"name": "f1", "reference": 1.0}, {"name": "f2", "reference": 1.0}],
    "space": {"x": {"type": "float", "low": 0, "high": 1}},
}


class Counted:
    """As much of a ledger as is asked. Held: how often the work of all trials was summed."""

    def __init__(self, budget, folder):
        self.directory = SweepDirectory(folder)
        self.config = SweepConfig.model_validate({**CONFIG, "budget": {"trials": 100, **budget}})
        self.records, self.summed = [], 0

    def has_failed(self):
        return False

    def elapsed_s(self):
        return 10.0

    def worked_s(self):
        self.summed += 1
        return 7200.0


@pytest.mark.parametrize(
    ("budget", "summed", "ending"),
    [
        ({}, 0, None),
        ({"wall_time": "1h"}, 0, None),
        ({"wall_time": "5s"}, 0, Ending.OUT_OF_BUDGET),
        ({"cpu_hours": 3}, 1, None),
        ({"cpu_hours": 2}, 1, Ending.OUT_OF_BUDGET),
    ],
)
def test_work_is_summed_only_where_hours_of_it_are_a_budget(budget, summed, ending, tmp_path):
    ledger = Counted(budget, tmp_path)
    assert Watch(ledger, SimpleNamespace(is_set=False)).ending() is ending
    assert ledger.summed == summed
