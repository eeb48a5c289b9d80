"""Repeats of one point are one configuration; what breaks a constraint is on no front."""

import math

import numpy as np
import pytest

from pareto_search.fronts.configurations import configurations, losses_as_known
from pareto_search.fronts.front import beating_baseline, complete_trials, front_of
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

OBJECTIVES = (
    Objective(name="error", reference=1.0),
    Objective(name="dice", direction="maximize", reference=0.0),
)


def trial(index, error, dice, repeat=0, x=0.5, state=TrialState.COMPLETE, **fields):
    proposal = Proposal(index, {"x": x}, fields.pop("baseline", False), repeat=repeat)
    values = {"error": error, "dice": dice}
    return TrialRecord(proposal, state, values, {"loss": error, f"only{index}": 1.0}, **fields)


THREE = [trial(0, 0.1, 0.5), trial(1, 0.2, 0.5, 1), trial(2, 0.6, 0.8, 2)]


def test_a_repeated_configuration_is_its_mean_with_the_standard_error_of_the_mean():
    (one,) = configurations(THREE, OBJECTIVES)
    assert [record.uid for record in one.trials] == ["t0000", "t0001", "t0002"]
    assert one.mean.uid == "t0000"
    assert one.mean.values == pytest.approx({"error": 0.3, "dice": 0.6})
    assert one.mean.metrics == pytest.approx({"loss": 0.3})  # what all of them report
    assert one.losses[:, 1].tolist() == [-0.5, -0.5, -0.8]
    assert one.standard_errors == pytest.approx([math.sqrt(0.07 / 3), 0.1])


def test_one_trial_is_its_own_mean_and_tells_nothing_of_its_spread():
    (one,) = configurations(THREE[:1], OBJECTIVES)
    assert one.mean is THREE[0]
    assert np.isnan(one.standard_errors).all()


def test_trials_at_one_point_are_not_joined_where_none_is_a_repeat():
    """Journals of old repeated a point with the same seed, as trials of their own."""
    same = [trial(0, 0.1, 0.5), trial(1, 0.2, 0.9)]
    assert len(configurations(same, OBJECTIVES)) == 2


def test_a_point_that_comes_again_later_joins_the_configuration_that_began_there():
    records = [trial(0, 0.1, 0.5), trial(1, 0.3, 0.9, x=0.7), trial(2, 0.3, 0.5, 1)]
    found = configurations(records, OBJECTIVES)
    assert [len(one.trials) for one in found] == [2, 1]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"state": TrialState.FAILED}, 0),
        ({"state": TrialState.FAILED, "infeasible": True}, 0),
        ({"state": TrialState.FAILED, "lost": True}, 1),
        ({"state": TrialState.STOPPED}, 1),
    ],
)
def test_a_failed_repeat_makes_a_point_no_solution_and_a_lost_or_stopped_one_is_left_out(
    fields, kept
):
    records = [trial(0, 0.1, 0.5), trial(1, 0.0, 1.0, 1, **fields)]
    found = configurations(records, OBJECTIVES)
    assert len(found) == kept
    assert all(one.trials == (records[0],) for one in found)


def test_one_repeat_that_breaks_a_constraint_takes_the_configuration_off_the_front():
    records = [
        trial(0, 0.1, 0.5, violations=(-1.0,)),
        trial(1, 0.1, 0.5, 1, violations=(2.0,)),
        trial(2, 0.9, 0.1, x=0.9, violations=(0.0,)),
    ]
    assert [one.mean.is_constrained for one in configurations(records, OBJECTIVES)] == [True, False]
    assert [member.uid for member in front_of(records, OBJECTIVES).members] == ["t0002"]
    assert [record.uid for record in complete_trials(records, OBJECTIVES)] == ["t0002"]


def test_a_baseline_that_breaks_a_constraint_is_no_rival():
    records = [
        trial(0, 0.1, 0.9, baseline=True, violations=(math.inf,)),
        trial(1, 0.5, 0.5, x=0.6, baseline=True, violations=(0.0,)),
        trial(2, 0.4, 0.6, x=0.7, violations=(0.0,)),
    ]
    assert beating_baseline(records, OBJECTIVES) == ["t0002"]


def test_a_configuration_is_known_when_the_last_of_its_repeats_has_ended():
    finished = [
        trial(1, 0.2, 0.5, 1),
        trial(3, 0.5, 0.5, 1, x=0.7, violations=(0.0,)),
        trial(0, 0.4, 0.7),
        trial(2, 0.5, 0.5, x=0.7, violations=(1.0,)),
    ]
    rows = losses_as_known(finished, OBJECTIVES, repeats=2)
    assert np.isnan(rows[[0, 1, 3]]).all()
    assert rows[2] == pytest.approx([0.3, -0.6])
