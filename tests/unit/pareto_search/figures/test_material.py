from generated import BEGAN, make_sweep

from pareto_search.figures.material import load_material, seconds_at_work
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord


def ended(index, at, proposed_at=0.0):
    return TrialRecord(Proposal(index, {}, proposed_at=proposed_at), TrialState.COMPLETE, {},
                       ended_at=at)  # fmt: skip


def test_time_counts_from_the_first_trials_begin():
    records = [ended(0, 130.0), ended(1, 150.0)]
    entries = [Proposal(0, {}, proposed_at=110.0), Proposal(1, {}, proposed_at=112.0), *records]
    assert seconds_at_work([100.0], entries, records) == [20.0, 40.0]


def test_the_time_between_two_sessions_does_not_count():
    first, second = ended(0, 130.0), ended(1, 1050.0)
    entries = [
        Proposal(0, {}, proposed_at=100.0),
        first,
        Proposal(1, {}, proposed_at=140.0),
        second,
    ]
    assert seconds_at_work([100.0, 1000.0], entries, [first, second]) == [30.0, 90.0]


def test_a_journal_without_sessions_is_one_session():
    records = [ended(0, 130.0)]
    assert seconds_at_work([], [Proposal(0, {}, proposed_at=110.0), *records], records) == [20.0]


def test_without_times_in_the_journal_nothing_is_known():
    records = [ended(0, 0.0)]
    assert seconds_at_work([5.0], [Proposal(0, {}), *records], records) == []


def test_material_is_in_the_order_of_ending_and_holds_no_password(tmp_path):
    sweep = make_sweep(tmp_path, trials=20)
    sweep.journal.append(ended(99, BEGAN + 5000, proposed_at=BEGAN + 4000))
    material = load_material(sweep)
    assert [record.uid for record in material.finished][-1] == "t0099"
    assert material.num_begun == 21
    assert len(material.seconds) == len(material.finished) == 21
    errors = [record.error for record in material.finished if record.error]
    assert errors
    assert not any("hunter2" in error for error in errors)
