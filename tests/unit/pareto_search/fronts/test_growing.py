"""A front that grows by one trial at a time is, after each, the front of all so far."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pareto_search.fronts.configurations import configurations, losses_as_known
from pareto_search.fronts.front import front_of, is_on_front
from pareto_search.fronts.growing import GrowingFront
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.objective import Objective, reference_losses
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

NAMES = ("error", "dice", "hours")
OBJECTIVES = (
    Objective(name="error", reference=1.0),
    Objective(name="dice", direction="maximize", reference=0.0),
    Objective(name="hours", reference=2.0),
)
VALUES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 3.0]) | st.sampled_from([math.nan, math.inf])
STATES = st.sampled_from([TrialState.COMPLETE] * 4 + [TrialState.FAILED, TrialState.STOPPED])


@st.composite
def stories(draw):
    """Records of trials in the order they ended: failed, stopped, broken and missing ones too."""
    count = draw(st.integers(0, 14))
    records = []
    for index in draw(st.permutations(range(count))):
        values = {name: draw(VALUES) for name in NAMES if draw(st.integers(0, 12))}
        excess = draw(st.sampled_from([(), (-1.0,), (0.0, 1.0)]))
        proposal = Proposal(index, {"x": index})
        records.append(TrialRecord(proposal, draw(STATES), values, violations=excess))
    return records


@pytest.mark.parametrize("count", [2, 3])
@settings(max_examples=100, deadline=None)
@given(records=stories())
def test_after_each_trial_size_and_volume_are_those_of_the_front_of_all_so_far(count, records):
    objectives = OBJECTIVES[:count]
    growing = GrowingFront(objectives)
    for n, record in enumerate(records, start=1):
        growing.add(record)
        front = front_of(records[:n], objectives)
        assert (growing.count, len(growing)) == (n, len(front))
        expected = hypervolume(front.losses, reference_losses(objectives))
        np.testing.assert_allclose(growing.volume, expected, rtol=1e-12, atol=1e-15)


@settings(max_examples=100, deadline=None)
@given(stories())
def test_what_each_of_unrepeated_trials_adds_is_what_its_configuration_does(records):
    objectives = OBJECTIVES[:2]
    rows = losses_as_known(records, objectives)
    for row, record in zip(rows, records, strict=True):
        found = [one for one in configurations([record], objectives) if not one.mean.is_constrained]
        expected = found[0].losses[0] if found else np.full(2, np.nan)
        np.testing.assert_array_equal(row, expected)


@settings(max_examples=100, deadline=None)
@given(stories())
def test_the_front_holds_the_sound_configurations_that_no_other_dominates(records):
    objectives = OBJECTIVES[:2]
    sound = [one for one in configurations(records, objectives) if not one.mean.is_constrained]
    losses = np.array([one.losses[0] for one in sound]).reshape(-1, 2)
    expected = {one.mean.uid for one, on in zip(sound, is_on_front(losses), strict=True) if on}

    front = front_of(records, objectives)

    assert {member.uid for member in front.members} == expected
    assert np.array_equal(front.losses, front.losses[np.lexsort(front.losses.T[::-1])])
