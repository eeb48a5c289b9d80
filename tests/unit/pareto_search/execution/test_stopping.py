from types import SimpleNamespace

import pytest
from ray.tune.schedulers import TrialScheduler
from ray.tune.utils.util import flatten_dict

from pareto_search.execution.bridge import LedgerCallback
from pareto_search.execution.stopping import JudgingScheduler, SweepStopper
from pareto_search.execution.trainable import FAILURE
from pareto_search.schedulers import Verdict
from pareto_search.searchers.protocol import TrialState
from pareto_search.trials.judging import Judge


class Bounded:
    """Stops what has a first loss above 0.5; keeps what it heard."""

    def __init__(self):
        self.heard = []

    def judge(self, uid, step, losses):
        self.heard.append((uid, step, tuple(losses)))
        return Verdict.STOP if losses[0] > 0.5 else Verdict.CONTINUE

    def ended(self, uid):
        self.heard.append((uid, "ended"))


@pytest.fixture
def stopping(make_ledger):
    """Scheduler and callback of Tune over one ledger with a trial at work, and what is heard."""
    ledger = make_ledger()
    ledger.propose()
    scheduler = Bounded()
    judge = Judge(scheduler, ledger.config.objectives)
    return JudgingScheduler(judge), LedgerCallback(ledger, judge), ledger, scheduler.heard


TRIAL = SimpleNamespace(config={"uid": "t0000"}, storage=None, trial_id="tune's id")


def report(scheduler, callback, result):
    """As Tune does it: first the scheduler, with the result flattened, then the callback."""
    decision = scheduler.on_trial_result(None, TRIAL, flatten_dict(result))
    callback.on_trial_result(0, [TRIAL], TRIAL, result)
    return decision


def end(scheduler, callback):
    scheduler.on_trial_complete(None, TRIAL, {})
    callback.on_trial_complete(0, [TRIAL], TRIAL)


def test_a_stopped_trial_is_recorded_as_stopped_with_its_step(stopping):
    scheduler, callback, ledger, heard = stopping
    metrics = {"f1": 0.25, "f2": 0.5, "seconds/training": 3.0}
    assert report(scheduler, callback, {"step": 1, "metrics": metrics}) == TrialScheduler.CONTINUE
    metrics = {**metrics, "f1": 0.75}
    assert report(scheduler, callback, {"step": 2, "metrics": metrics}) == TrialScheduler.STOP
    end(scheduler, callback)
    (record,) = ledger.records
    assert (record.state, record.step, record.values["f1"]) == (TrialState.STOPPED, 2, 0.75)
    assert heard == [("t0000", 1, (0.25, 0.5)), ("t0000", 2, (0.75, 0.5)), ("t0000", "ended")]


def test_a_trial_that_goes_on_to_its_end_is_complete(stopping):
    scheduler, callback, ledger, _ = stopping
    report(scheduler, callback, {"step": 1, "metrics": {"f1": 0.25, "f2": 0.5}})
    end(scheduler, callback)
    assert ledger.records[0].state is TrialState.COMPLETE


def test_a_failure_is_no_report_to_judge(stopping):
    scheduler, callback, ledger, heard = stopping
    failure = {"error": "ValueError: no", "traceback": "", "infeasible": False, "lost": False}
    assert report(scheduler, callback, {FAILURE: failure}) == TrialScheduler.CONTINUE
    end(scheduler, callback)
    assert ledger.records[0].state is TrialState.FAILED
    assert heard == [("t0000", "ended")]


def test_a_lost_trial_is_told_as_ended(stopping):
    scheduler, _, _, heard = stopping
    scheduler.on_trial_error(None, TRIAL)
    assert heard == [("t0000", "ended")]


def test_tune_starts_trials_in_turn(stopping):
    assert stopping[0].choose_trial_to_run(None) is None


def test_the_stopper_ends_the_sweep_when_told_to_and_never_one_trial():
    for answer in (True, False):
        stopper = SweepStopper(lambda answer=answer: answer)
        assert stopper.stop_all() is answer
        assert stopper("t0000", {"step": 1}) is False
