"""Trials of an earlier sweep are taken over where they would be the same trials here."""

import json
import math
import shutil
from dataclasses import dataclass, field

import pytest

from pareto_search.errors import RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import FIRST_TAKEN_OVER, Outcome, TrialState
from pareto_search.storage.directory import WARM_START, SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.storage.warm_start import read_known, write_known
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.ledger import Ledger
from pareto_search.trials.warm_start import gather

UNIT = {"type": "float", "low": 0, "high": 1}
RECIPE = {
    "name": "before",
    "trainable": "some.module:train",
    "objectives": [
        {"name": "error", "reference": 1.0},
        {"name": "dice", "direction": "maximize", "reference": 0.0},
    ],
    "params": {"net": {"width": 8}, "epochs": 5},
    "space": {"x": UNIT, "net.depth": {"type": "int", "low": 1, "high": 4}},
    "budget": {"trials": 9},
}
WIDTH = {"type": "int", "low": 1, "high": 64}
DATA = {"data_digest": "abc", "cases": 3}


def config(**changes):
    return SweepConfig.model_validate({**RECIPE, **changes})


def record(index, x=0.5, depth=2, state=TrialState.COMPLETE, **fields):
    proposal = Proposal(index, {"x": x, "net.depth": depth})
    values = {"error": x, "dice": 0.25} if state is TrialState.COMPLETE else {}
    return TrialRecord(proposal, state, values, {"memory": 10.0 * depth}, **fields)


@pytest.fixture
def earlier(tmp_path):
    """An earlier sweep of `records` under tmp_path."""

    def make(*records, facts=DATA, **changes):
        directory = SweepDirectory(tmp_path / "before")
        directory.path.mkdir()
        content = json.loads(config(**changes).model_dump_json(by_alias=True))
        directory.write_json("sweep.json", content)
        directory.write_json("facts.json", {"trainable": facts})
        for one in records:
            directory.journal.append(one.proposal)
            directory.journal.append(one)
        return directory

    return make


def taken(tmp_path, described=DATA, **changes):
    return gather(config(name="now", warm_start=["before"], **changes), described, tmp_path)


def test_what_ended_is_known_as_its_searcher_was_told_of_it(earlier, tmp_path):
    failed = {"state": TrialState.FAILED}
    earlier(
        record(0, 0.1),
        record(1, 0.2, infeasible=True, error="it diverged", **failed),
        record(2, 0.3, lost=True, error="gone", **failed),
        record(3, 0.4, state=TrialState.STOPPED),
    )
    known, told = taken(tmp_path)
    assert [(one.uid, one.point["x"]) for one in known] == [("t0000", 0.1), ("t0001", 0.2)]
    assert known[0].outcome == Outcome(TrialState.COMPLETE, (0.1, -0.25), step=-1)
    assert known[1].outcome == Outcome(TrialState.FAILED, is_infeasible=True)
    assert told == ["warm_start: 2 configurations of before; left out: 2 stopped early or lost."]


@pytest.mark.parametrize(
    ("changes", "count", "why"),
    [
        ({}, 3, None),
        ({"objectives": RECIPE["objectives"][::-1]}, 3, None),
        ({"objectives": [{"name": "error", "reference": 9}, RECIPE["objectives"][1]]}, 3, None),
        ({"seeds": {"sweep": 7}, "params": {**RECIPE["params"], "seed": 3}}, 3, None),
        ({"space": {"x": {**UNIT, "high": 0.6}, "net.depth": RECIPE["space"]["net.depth"]}}, 2,
         "1 outside the space"),
        ({"constraints": ["x >= 0.5"]}, 2, "1 against a constraint"),
        ({"params": {"net": {"width": 9}, "epochs": 5}}, 0, "3 with other fixed parameters"),
        ({"params": {"net": {"width": 8, "depth": 2}, "epochs": 5}, "space": {"x": UNIT}}, 2,
         "1 with other fixed parameters"),
        ({"params": {"net": {}, "epochs": 5}, "space": {**RECIPE["space"], "net.width": WIDTH}}, 3,
         None),
        ({"trainable": "some.module:other"}, 0, "3 of another trainable"),
        ({"objectives": [*RECIPE["objectives"], {"name": "time", "reference": 9}]}, 0,
         "3 with other objectives"),
        ({"objectives": [{**o, "direction": "minimize"} for o in RECIPE["objectives"]]}, 0,
         "3 with other objectives"),
    ],
)  # fmt: skip
def test_only_what_would_be_the_same_trial_here_is_taken(earlier, tmp_path, changes, count, why):
    earlier(record(0, 0.2, 2), record(1, 0.5, 2), record(2, 0.9, 3))
    known, (told,) = taken(tmp_path, **changes)
    assert told.startswith(f"warm_start: {count} configurations of before")
    assert (f"left out: {why}." in told) if why else ("left out" not in told)
    space = config(**changes).space
    assert all(set(one.point) == set(space) for one in known)


def test_a_parameter_that_was_fixed_is_part_of_the_point_where_it_is_searched_now(
    earlier, tmp_path
):
    earlier(record(0, 0.2, 3))
    space = {**RECIPE["space"], "net.width": WIDTH}
    (one,), _ = taken(tmp_path, space=space, params={"epochs": 5})
    assert one.point == {"x": 0.2, "net.depth": 3, "net.width": 8}


def test_objectives_in_another_order_are_losses_in_that_order(earlier, tmp_path):
    earlier(record(0, 0.1))
    (one,), _ = taken(tmp_path, objectives=RECIPE["objectives"][::-1])
    assert one.outcome.losses == (-0.25, 0.1)


def test_constraints_on_metrics_are_judged_as_the_present_recipe_says(earlier, tmp_path):
    earlier(record(0, depth=2), record(1, depth=4))
    known, _ = taken(tmp_path, constraints=["memory <= 30", "time <= 1"])
    assert [one.outcome.violations for one in known] == [(-10.0, math.inf), (10.0, math.inf)]


@pytest.mark.parametrize("described", [{"data_digest": "xyz"}, {}, {**DATA, "split_digest": "1"}])
def test_trials_on_other_data_are_left_out(earlier, tmp_path, described):
    earlier(record(0))
    known, (told,) = taken(tmp_path, described)
    assert known == []
    assert "1 on other data" in told


def test_repeats_are_one_configuration_with_the_mean_of_its_trials(earlier, tmp_path):
    records = [record(0, 0.2), record(1, 0.4), record(2, 0.9)]  # the last has lost its partner
    earlier(*records, seeds={"repeats": 2})
    known, _ = taken(tmp_path)
    assert [one.outcome.losses[0] for one in known] == pytest.approx([0.3, 0.9])


def test_a_sweep_that_is_not_there_is_refused_by_its_place_in_the_list(tmp_path):
    with pytest.raises(RecipeError) as caught:
        taken(tmp_path)
    assert caught.value.problems[0].key == "warm_start.0"


@dataclass
class Recording:
    calls: list = field(default_factory=list)

    def ask(self, index):
        self.calls.append(("ask", index))
        return {"x": 0.0, "net.depth": 1}

    def adopt(self, index, point):
        self.calls.append(("adopt", index, dict(point)))

    def tell(self, index, outcome):
        self.calls.append(("tell", index, outcome))


def test_the_searcher_learns_it_first_after_every_resume_though_the_earlier_sweep_is_gone(
    earlier, tmp_path
):
    before = earlier(record(0, 0.1), record(1, 0.2, state=TrialState.FAILED, infeasible=True))
    known, _ = taken(tmp_path, constraints=["memory <= 30"])
    now = SweepDirectory(tmp_path / "now")
    now.path.mkdir()
    write_known(now.path / WARM_START, known)
    assert read_known(now.path / WARM_START) == known
    shutil.rmtree(before.path)
    stories = []
    for _ in range(2):
        ledger = Ledger(now, config(name="now"), InlineAsker(Recording()))
        ledger.restore()
        stories.append(ledger.asker.searcher.calls[:4])
        ledger.propose()
        assert ledger.records == []
    assert stories[0] == [
        ("adopt", FIRST_TAKEN_OVER, {"x": 0.1, "net.depth": 2}),
        ("tell", FIRST_TAKEN_OVER, known[0].outcome),
        ("adopt", FIRST_TAKEN_OVER + 1, {"x": 0.2, "net.depth": 2}),
        ("tell", FIRST_TAKEN_OVER + 1, known[1].outcome),
    ]
    assert stories[1] == stories[0]
