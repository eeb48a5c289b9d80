import math
import time

import pytest

from pareto_search.objective import Objective
from pareto_search.schedulers import Verdict
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.trials.judging import Judge

OBJECTIVES = [
    Objective(name="error", reference=1.0),
    Objective(name="dice", direction="maximize", reference=0.0),
]


class Bounded:
    """Stops what has a first loss above 0.5; writes down all it hears."""

    def __init__(self):
        self.heard = []

    def judge(self, uid, step, losses):
        self.heard.append((uid, step, *losses))
        return Verdict.STOP if losses[0] > 0.5 else Verdict.CONTINUE

    def ended(self, uid):
        self.heard.append((uid, "ended"))


@pytest.fixture
def judge():
    return Judge(Bounded(), OBJECTIVES)


def heard(judge):
    return judge._scheduler.heard


def test_the_scheduler_is_shown_losses_in_the_order_of_the_objectives(judge):
    metrics = {"dice": 0.75, "seconds": 3.0, "error": 0.25}
    assert judge.judge("t0000", 1, metrics) is Verdict.CONTINUE
    assert judge.judge("t0000", 2, {**metrics, "error": 0.6}) is Verdict.STOP
    assert heard(judge) == [("t0000", 1, 0.25, -0.75), ("t0000", 2, 0.6, -0.75)]


@pytest.mark.parametrize(
    "metrics",
    [{}, {"error": 0.9}, {"error": math.nan, "dice": 0.5}, {"error": 0.9, "dice": math.inf}],
)
def test_partial_or_non_finite_objectives_are_never_judged(judge, metrics):
    assert judge.judge("t0000", 1, metrics) is Verdict.CONTINUE
    assert heard(judge) == []


def test_a_step_that_a_resumed_trial_reports_again_is_judged_once(judge):
    for step in (1, 2, 3, 2, 3, 4):
        judge.judge("t0000", step, {"error": 0.1, "dice": 0.5})
    assert [step for _, step, *_ in heard(judge)] == [1, 2, 3, 4]


def test_after_a_resume_the_scheduler_hears_the_same_story_in_the_order_of_time(judge, tmp_path):
    directory = SweepDirectory(tmp_path)

    def report(uid, step, error):
        metrics = {"error": error, "dice": 0.5}
        directory.reports.append(uid, step, metrics)
        judge.judge(uid, step, metrics)

    def end(index):
        proposal = Proposal(index, {"x": 0.5})
        directory.journal.append(proposal)
        record = TrialRecord(proposal, TrialState.STOPPED, ended_at=time.time())
        directory.journal.append(record)
        judge.ended(proposal.uid)

    report("t0000", 1, 0.1)
    report("t0001", 1, 0.2)
    report("t0000", 2, 0.9)
    end(0)
    report("t0001", 2, 0.9)  # to be stopped, but the driver is killed before it is
    report("t0002", 1, 0.3)
    again = Judge(Bounded(), OBJECTIVES)
    assert again.restore(directory) == ["t0001"]
    assert heard(again) == heard(judge)
