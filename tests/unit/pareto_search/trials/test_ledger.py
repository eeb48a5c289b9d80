from dataclasses import dataclass, field

import pytest

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import Outcome, TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.ledger import Ledger

CONFIG = SweepConfig.model_validate(
    {
        "name": "unit",
        "trainable": "some.module:train",
        "objectives": [
            {"name": "f1", "reference": 1.0},
            {"name": "gain", "direction": "maximize", "reference": 0.0},
        ],
        "space": {"x": {"type": "float", "low": 0, "high": 1}},
        "baselines": [{"x": 0.5}, {"unknown": 1}],
        "budget": {"trials": 4},
        "failures": {"tolerate": 0.25},
    }
)


@dataclass
class Recording:
    """A searcher that writes down what it hears."""

    calls: list = field(default_factory=list)

    def ask(self, index):
        self.calls.append(("ask", index))
        return {"x": index / 10}

    def adopt(self, index, point):
        self.calls.append(("adopt", index, dict(point)))

    def tell(self, index, outcome):
        self.calls.append(("tell", index, outcome))


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "unit").mkdir()
    return SweepDirectory(tmp_path / "unit")


@pytest.fixture
def make_ledger(directory):
    def make():
        ledger = Ledger(
            directory, CONFIG, InlineAsker(Recording()), clock=iter(range(1000)).__next__
        )
        ledger.restore()
        return ledger

    return make


def calls(ledger):
    return ledger.asker.searcher.calls


def complete(ledger, uid, f1=0.5, gain=0.7, step=1):
    ledger.report(uid, step, {"f1": f1, "gain": gain, "loss": 1.0}, None)
    return ledger.finish(uid)


def test_baselines_come_first_and_then_the_searcher_is_asked_until_the_budget_is_spent(make_ledger):
    ledger = make_ledger()
    proposals = [ledger.propose() for _ in range(5)]
    assert [p and (p.index, p.point, p.baseline) for p in proposals] == [
        (0, {"x": 0.5}, True),
        (1, {"unknown": 1}, True),
        (2, {"x": 0.2}, False),
        (3, {"x": 0.3}, False),
        None,
    ]


def test_a_baseline_outside_the_space_is_recorded_but_the_searcher_never_hears_of_it(make_ledger):
    ledger = make_ledger()
    ledger.propose()
    ledger.propose()
    complete(ledger, "t0001")
    assert calls(ledger) == [("adopt", 0, {"x": 0.5})]
    assert ledger.records[0].proposal.point == {"unknown": 1}


def test_a_complete_trial_is_told_as_losses_with_maximised_objectives_negated(make_ledger):
    ledger = make_ledger()
    ledger.propose()
    record = complete(ledger, "t0000", f1=0.25, gain=0.75)
    assert record.values == {"f1": 0.25, "gain": 0.75}
    assert record.metrics == {"loss": 1.0}
    assert calls(ledger)[-1] == ("tell", 0, Outcome(TrialState.COMPLETE, (0.25, -0.75), step=1))


def test_the_journal_is_written_before_the_searcher_is_told(make_ledger, directory):
    ledger = make_ledger()
    ledger.propose()
    heard = []
    ledger.asker.searcher.tell = lambda *_: heard.append(directory.records())
    complete(ledger, "t0000")
    assert [record.uid for record in heard[0]] == ["t0000"]


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ({"f1": 0.5}, "lacks the objective `gain`"),
        ({"f1": float("nan"), "gain": 0.5}, "`f1` is nan"),
        ({"f1": 0.5, "gain": float("inf")}, "`gain` is inf"),
        (None, "without reporting"),
    ],
)
def test_a_trial_without_finite_objectives_fails_and_carries_no_losses(
    make_ledger, metrics, message
):
    ledger = make_ledger()
    ledger.propose()
    if metrics is not None:
        ledger.report("t0000", 1, metrics, None)
    record = ledger.finish("t0000")
    assert record.state is TrialState.FAILED
    assert message in record.error
    assert calls(ledger)[-1] == (
        "tell",
        0,
        Outcome(TrialState.FAILED, is_infeasible=True, step=record.step),
    )


def test_what_the_trainable_raised_is_the_error_of_its_record(make_ledger):
    ledger = make_ledger()
    ledger.propose()
    ledger.report("t0000", 1, {"f1": 0.5, "gain": 0.5}, None)
    ledger.fail("t0000", "ValueError: boom")
    assert ledger.finish("t0000").error == "ValueError: boom"


def test_a_stopped_trial_is_told_as_stopped_never_as_a_full_result(make_ledger):
    ledger = make_ledger()
    ledger.propose()
    ledger.report("t0000", 1, {"f1": 0.5, "gain": 0.5}, None)
    record = ledger.finish("t0000", is_stopped=True)
    assert record.state is TrialState.STOPPED
    assert calls(ledger)[-1] == ("tell", 0, Outcome(TrialState.STOPPED, step=1))


def test_a_trial_ends_once_however_often_it_is_finished_or_reported_afterwards(
    make_ledger, directory
):
    ledger = make_ledger()
    ledger.propose()
    complete(ledger, "t0000")
    assert ledger.finish("t0000") is None
    ledger.report("t0000", 2, {"f1": 0.1, "gain": 0.1}, None)
    assert len(directory.records()) == 1
    assert len(directory.reports.read()[0]) == 1


def test_restoring_gives_the_searcher_the_same_story_in_the_same_order(make_ledger):
    first = make_ledger()
    for _ in range(3):
        first.propose()
    complete(first, "t0002")
    complete(first, "t0000")
    again = make_ledger()
    told = [call[:2] for call in calls(again)]
    assert told == [("adopt", 0), ("adopt", 2), ("tell", 2), ("tell", 0)]
    assert [record.uid for record in again.records] == ["t0002", "t0000"]


def test_after_a_restore_unfinished_trials_are_due_first_with_their_last_checkpoint(
    make_ledger, directory
):
    first = make_ledger()
    for _ in range(2):
        first.propose()
    first.report("t0001", 1, {"f1": 0.5, "gain": 0.5}, directory.path / "ray" / "c1")
    first.report("t0001", 2, {"f1": 0.4, "gain": 0.6}, directory.path / "ray" / "c2")
    again = make_ledger()
    assert [again.propose().uid for _ in range(3)] == ["t0000", "t0001", "t0002"]
    assert again.checkpoint_of("t0000") is None
    assert again.checkpoint_of("t0001") == str(directory.path / "ray" / "c2")
    assert directory.reports.read()[0][1].checkpoint == "ray/c2"


def test_a_trial_killed_between_its_last_report_and_its_record_keeps_that_report(make_ledger):
    first = make_ledger()
    first.propose()
    first.report("t0000", 3, {"f1": 0.5, "gain": 0.5}, None)
    again = make_ledger()
    record = again.finish("t0000")
    assert (record.state, record.step) == (TrialState.COMPLETE, 3)


def test_too_many_failures_is_more_than_the_tolerated_part_of_the_budget(make_ledger):
    ledger = make_ledger()
    for uid in ("t0000", "t0001"):
        assert not ledger.has_failed()
        ledger.propose()
        ledger.finish(uid)
    assert ledger.has_failed()


def test_entries_of_one_journal_are_proposals_then_records(make_ledger, directory):
    ledger = make_ledger()
    ledger.propose()
    complete(ledger, "t0000")
    kinds = [type(entry) for entry in directory.journal.read()]
    assert kinds == [Proposal, TrialRecord]


def test_waiting_for_a_worker_is_no_part_of_the_time_a_trial_took(make_ledger):
    ledger = make_ledger()
    proposed_at = ledger.propose().proposed_at
    for _ in range(9):
        ledger.clock()
    ledger.start("t0000")
    started_at = ledger.running["t0000"].started_at
    ledger.report("t0000", 1, {"f1": 0.5, "gain": 0.5}, None)
    assert ledger.finish("t0000").elapsed_s < started_at - proposed_at


def test_a_checkpoint_stays_the_newest_though_later_reports_saved_none(make_ledger, directory):
    first = make_ledger()
    first.propose()
    first.report("t0000", 1, {"f1": 0.5, "gain": 0.5}, directory.path / "ray" / "c1")
    first.report("t0000", 2, {"f1": 0.4, "gain": 0.5}, None)
    again = make_ledger()
    assert again.checkpoint_of("t0000") == str(directory.path / "ray" / "c1")
    record = again.finish("t0000")
    assert (record.step, record.checkpoint) == (2, "ray/c1")
