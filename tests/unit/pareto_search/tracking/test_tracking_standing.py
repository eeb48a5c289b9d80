"""The history of the front equals the one computed at once, and tags say who is on it."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pareto_search.fronts import colours
from pareto_search.fronts.front import is_on_front
from pareto_search.fronts.hypervolume import hypervolume_history
from pareto_search.objective import Objective, reference_losses, to_losses
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.tracking.standing import FrontHistory, ended_ms, standings

OBJECTIVES = (
    Objective(name="f1", reference=1.0),
    Objective(name="dice", direction="maximize", reference=0.0),
)
VALUES = st.floats(0, 1) | st.sampled_from([0.5, math.nan, math.inf])


def record(index, f1, dice, state=TrialState.COMPLETE, baseline=False):
    proposal = Proposal(index, {"x": index}, baseline, 100.0)
    return TrialRecord(proposal, state, {"f1": f1, "dice": dice}, elapsed_s=2.5)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=12))
def test_the_history_equals_the_one_of_all_trials_at_once(values):
    records = [record(i, f1, dice) for i, (f1, dice) in enumerate(values)]
    losses = to_losses([r.values for r in records], OBJECTIVES)
    points = FrontHistory(OBJECTIVES).add(records)
    volumes = [p.value for p in points if p.key == "hypervolume"]
    sizes = [p.value for p in points if p.key == "front_size"]
    expected = hypervolume_history(losses, reference_losses(OBJECTIVES))
    np.testing.assert_allclose(volumes, expected, rtol=1e-9, atol=1e-12)
    assert sizes == [is_on_front(losses[: n + 1]).sum() for n in range(len(records))]


@given(st.lists(st.tuples(VALUES, VALUES), max_size=12), st.integers(0, 12))
def test_a_history_in_two_parts_is_the_whole_to_the_last_digit(values, cut):
    records = [record(i, f1, dice) for i, (f1, dice) in enumerate(values)]
    parts = FrontHistory(OBJECTIVES)
    assert parts.add(records[:cut]) + parts.add(records[cut:]) == (
        FrontHistory(OBJECTIVES).add(records)
    )


def test_steps_count_ended_trials_and_a_stopped_one_adds_nothing():
    history = FrontHistory(OBJECTIVES)
    points = history.add([record(0, 0.5, 0.5), record(1, 0.0, 1.0, TrialState.STOPPED)])
    assert [(p.key, p.value, p.step) for p in points] == [
        ("hypervolume", 0.25, 1),
        ("front_size", 1.0, 1),
        ("hypervolume", 0.25, 2),
        ("front_size", 1.0, 2),
    ]
    assert {p.time_ms for p in points} == {ended_ms(record(0, 0, 0))} == {102_500}


def test_a_trial_that_waited_or_was_resumed_ended_when_its_record_says():
    late = dataclasses.replace(record(0, 0.5, 0.5), ended_at=900.0)
    assert ended_ms(late) == 900_000
    assert {p.time_ms for p in FrontHistory(OBJECTIVES).add([late])} == {900_000}


def test_only_complete_trials_have_a_standing_and_all_have_a_colour():
    records = [
        record(0, 0.5, 0.5, baseline=True),
        record(1, 0.4, 0.6),
        record(2, 0.0, 1.0, TrialState.FAILED),
        record(3, math.nan, 1.0),
        record(4, 0.3, 0.1),
        record(5, 0.0, 1.0, TrialState.STOPPED),
        dataclasses.replace(record(6, 0.0, 1.0), violations=(0.5,)),
        record(7, 0.9, 0.1),
    ]
    found = standings(records, OBJECTIVES)
    assert found["t0001"].tags == {
        "pareto.on_front": "true",
        "pareto.beats_baseline": "true",
        "pareto.knee": "false",
        "mlflow.runColor": colours.FRONT,
    }
    assert found["t0000"].tags["pareto.on_front"] == "false"
    assert [(s.rank, s.place) for s in found.values()] == [
        (1, 3), (0, 1), (None, None), (None, None), (0, 2), (None, None), (None, None), (2, 4),
    ]  # fmt: skip
    assert [standing.tags["mlflow.runColor"] for standing in found.values()] == [
        colours.BASELINE, colours.FRONT, colours.FAILED, colours.DOMINATED, colours.FRONT,
        colours.STOPPED, colours.CONSTRAINED, colours.DOMINATED,
    ]  # fmt: skip


def test_the_knee_has_a_colour_of_its_own_unless_it_is_the_baseline():
    ends = [record(0, 0.0, 0.0), record(1, 1.0, 1.0)]
    for is_baseline, colour in [(False, colours.KNEE), (True, colours.BASELINE)]:
        found = standings([*ends, record(2, 0.1, 0.9, baseline=is_baseline)], OBJECTIVES)
        assert found["t0002"].tags["pareto.knee"] == "true"
        assert found["t0002"].tags["mlflow.runColor"] == colour


def test_repeats_of_a_configuration_have_its_colour_and_the_first_stands_for_all():
    first, other = record(0, 0.4, 0.6), record(2, 0.5, 0.5)
    proposal = dataclasses.replace(first.proposal, index=1, repeat=1)
    found = standings([first, dataclasses.replace(first, proposal=proposal), other], OBJECTIVES)
    assert (found["t0000"].rank, found["t0001"].rank, found["t0002"].rank) == (0, None, 1)
    assert found["t0001"].tags == {"mlflow.runColor": colours.FRONT}


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.STOPPED])
def test_without_a_complete_trial_nobody_stands_anywhere(state):
    (found,) = standings([record(0, 0.1, 0.1, state)], OBJECTIVES).values()
    assert (list(found.tags), found.rank, found.place) == (["mlflow.runColor"], None, None)
    assert standings([], OBJECTIVES) == {}
