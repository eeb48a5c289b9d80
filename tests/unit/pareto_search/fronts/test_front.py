import numpy as np
import pytest

from pareto_search.fronts.front import (
    beating_baseline,
    complete_trials,
    dominates,
    front_of,
    is_on_front,
    nondominated_rank,
)
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

OBJECTIVES = (
    Objective(name="error", reference=1.0),
    Objective(name="dice", direction="maximize", reference=0.0),
)


def trial(index, error, dice, state=TrialState.COMPLETE, baseline=False):
    return TrialRecord(Proposal(index, {}, baseline), state, {"error": error, "dice": dice})


def names(records):
    return [record.uid for record in records]


def test_a_row_that_is_all_nan_is_not_the_front():
    assert is_on_front([[np.nan, np.nan], [0.5, 0.5]]).tolist() == [False, True]
    assert is_on_front([[np.nan, np.nan]]).tolist() == [False]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_with_one_value_that_is_not_finite_dominates_nothing(bad):
    assert nondominated_rank([[bad, -9.0], [0.5, 0.5]]).tolist() == [-1, 0]
    assert not dominates([bad, -9.0], [0.5, 0.5])
    assert not dominates([-9.0, -9.0], [bad, 0.5])


def test_equal_rows_are_all_kept():
    assert is_on_front([[0.0, 1.0]] * 3).tolist() == [True] * 3


def test_no_trials_have_an_empty_front():
    assert is_on_front(np.empty((0, 2))).shape == (0,)
    assert len(front_of([], OBJECTIVES)) == 0


def test_losses_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape N x M. Found shape \(2,\)"):
        is_on_front([0.0, 1.0])


def test_the_front_heeds_directions_and_begins_with_the_best_on_the_first_objective():
    front = front_of(
        [trial(0, 0.5, 0.9), trial(1, 0.1, 0.4), trial(2, 0.5, 0.5), trial(3, 0.3, 0.6)],
        OBJECTIVES,
    )

    assert names(front.members) == ["t0001", "t0003", "t0000"]
    assert front.losses.tolist() == [[0.1, -0.4], [0.3, -0.6], [0.5, -0.9]]


def test_stopped_failed_partial_and_broken_trials_are_never_on_the_front():
    records = [
        trial(0, 0.0, 1.0, TrialState.STOPPED),
        trial(1, 0.0, 1.0, TrialState.FAILED),
        trial(2, float("nan"), 1.0),
        TrialRecord(Proposal(3, {}), TrialState.COMPLETE, {"error": 0.0}),
        trial(4, 0.5, 0.5),
    ]

    assert names(complete_trials(records, OBJECTIVES)) == ["t0004"]
    assert names(front_of(records, OBJECTIVES).members) == ["t0004"]


def test_beating_a_baseline_means_strictly_better_on_every_objective():
    records = [
        trial(0, 0.5, 0.5, baseline=True),
        trial(1, 0.4, 0.6),
        trial(2, 0.5, 0.6),
        trial(3, 0.1, 0.4),
    ]

    assert beating_baseline(records, OBJECTIVES) == ["t0001"]


def test_with_several_baselines_each_must_be_beaten_on_every_objective():
    records = [
        trial(0, 0.5, 0.8, baseline=True),
        trial(1, 0.3, 0.5, baseline=True),
        trial(2, 0.4, 0.9),
        trial(3, 0.2, 0.7),
        trial(4, 0.2, 0.9),
    ]

    assert beating_baseline(records, OBJECTIVES) == ["t0004"]


def test_nothing_beats_a_baseline_that_did_not_complete():
    records = [trial(0, 0.5, 0.5, TrialState.FAILED, baseline=True), trial(1, 0.1, 0.9)]

    assert beating_baseline(records, OBJECTIVES) == []
