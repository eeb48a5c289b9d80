"""A real sweep with a scheduler: hopeless trials stop at rungs, and are told as stopped."""

from collections import Counter

import pytest
from sweeping import ZDT1, call, steps_of, write_recipe

from pareto_search.fronts.front import front_of
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory

pytestmark = pytest.mark.integration
RUNGS = (1, 3)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A sweep of learning trials under ASHA, and what its records say."""
    folder = tmp_path_factory.mktemp("stopped")
    recipe = write_recipe(
        folder,
        ZDT1,
        trainable="trainables.toy:zdt2",
        params={"epochs": 9, "sleep_s": 0.02},
        searcher={"kind": "random"},
        scheduler={"kind": "asha", "objective": "f2", "reduction": 3, "max_steps": 9},
        budget={"trials": 14, "concurrent": 2},
    )
    ended = call(folder, "run", recipe)
    assert ended.returncode == 0, ended.stderr
    return SweepDirectory(folder / "results" / "toy")


def test_trials_stop_at_rungs_or_run_to_their_end(stopped):
    records = stopped.records()
    steps = {TrialState.STOPPED: set(), TrialState.COMPLETE: set()}
    for record in records:
        steps[record.state].add(record.step)
    assert len(records) == 14
    assert steps[TrialState.STOPPED]
    assert steps[TrialState.STOPPED] <= set(RUNGS)
    assert steps[TrialState.COMPLETE] == {9}
    for record in records:
        assert steps_of(stopped)[record.uid] == list(range(1, record.step + 1))


def test_at_each_rung_the_stopped_are_worse_than_those_that_went_on_before_them(stopped):
    at_rung = {}
    for line in stopped.reports.read()[0]:
        at_rung.setdefault(line.step, []).append((line.uid, line.metrics["f2"]))
    ends = {record.uid: record for record in stopped.records()}
    for rung in RUNGS:
        values = at_rung[rung]
        for place, (uid, value) in enumerate(values):
            if ends[uid].state is TrialState.STOPPED and ends[uid].step == rung:
                assert value > min(before for _, before in values[:place])


def test_the_last_checkpoint_of_a_stopped_trial_is_kept(stopped):
    for record in stopped.records():
        assert (stopped.path / record.checkpoint / "state.json").read_text() == (
            f'{{"step": {record.step}}}'
        )


def test_stopped_trials_are_on_no_front(stopped):
    members = front_of(stopped.records(), stopped.config().objectives).members
    assert Counter(member.state for member in members) == {TrialState.COMPLETE: len(members)}
