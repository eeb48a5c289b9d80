import numpy as np
import pytest

from pareto_search.choice.pick import pick
from pareto_search.choice.weights import parse_numbers
from pareto_search.errors import RecipeError, SweepFailedError
from pareto_search.fronts.front import front_of
from pareto_search.fronts.knee import MIN_DEPTH, knee
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

INTERIOR = Objective(name="interior_error", reference=1.0)
BOUNDARY = Objective(name="boundary_error", reference=1.0)
DICE = Objective(name="dice", direction="maximize", reference=0.0)

BENT = [(0.0, 1.0), (0.1, 0.4), (0.2, 0.2), (0.6, 0.1), (1.0, 0.0)]
STRAIGHT = [(0.0, 1.0), (0.25, 0.75), (0.5, 0.5), (1.0, 0.0)]


def front(points, objectives=(INTERIOR, BOUNDARY)):
    records = [
        TrialRecord(
            Proposal(index, {}),
            TrialState.COMPLETE,
            {o.name: value for o, value in zip(objectives, point, strict=True)},
        )
        for index, point in enumerate(points)
    ]
    return front_of(records, objectives)


def test_the_knee_is_the_point_farthest_below_the_chord():
    assert knee(BENT) == 2


@pytest.mark.parametrize("bulge", [-0.2, 0.0, MIN_DEPTH / 2 - 1e-6])
def test_a_bulging_straight_or_barely_bent_front_has_no_knee(bulge):
    assert knee([(0.0, 1.0), (0.5 - bulge, 0.5 - bulge), (1.0, 0.0)]) is None


@pytest.mark.parametrize(
    "points", [np.empty((0, 2)), [(0.0, 0.0)], [(0.0, 1.0), (1.0, 0.0)], [(0.0, 1.0)] * 5]
)
def test_fewer_than_three_different_points_have_no_knee(points):
    assert knee(points) is None


def test_rows_off_the_front_or_not_finite_do_not_move_the_knee():
    assert knee([(np.nan, -5.0), (9.0, 9.0), *BENT]) == 4


def test_a_plane_of_three_objectives_has_no_knee_and_a_dent_in_it_is_one():
    corners = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    plane = [*corners, (0.2, 0.3, 0.5), (0.5, 0.25, 0.25)]

    assert knee(plane) is None
    assert knee([*plane, (0.2, 0.2, 0.2)]) == 5


def test_extremes_that_span_no_plane_have_no_knee():
    # the first trial is the worst on two objectives
    assert knee([(0.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.2, 0.2, 0.2)]) is None


def test_the_knee_is_picked_and_the_reason_says_so():
    choice = pick(front(BENT), knee=True)

    assert choice.record.uid == "t0002"
    assert choice.reason == (
        "Trial t0002 (interior_error 0.2, boundary_error 0.2) is the knee of the 5 trials on the "
        "front."
    )


def test_without_a_knee_the_most_balanced_trial_is_picked_and_the_reason_says_so():
    choice = pick(front(STRAIGHT))

    assert choice.record.uid == "t0002"
    assert choice.reason == (
        "Trial t0002 (interior_error 0.5, boundary_error 0.5) is the most balanced (equal weights) "
        "of the 4 trials on the front. They have no knee: no trade-off among them stands out."
    )


@pytest.mark.parametrize(
    ("interior", "boundary", "expected"),
    [(1, 0, "t0000"), (0, 1, "t0004"), (1, 1, "t0002"), (1, 3, "t0003"), (3, 1, "t0001")],
)
def test_a_larger_weight_draws_the_pick_towards_its_objective(interior, boundary, expected):
    weights = {"interior_error": interior, "boundary_error": boundary}
    points = [(0.0, 1.0), (0.15, 0.5), (0.3, 0.3), (0.5, 0.15), (1.0, 0.0)]

    choice = pick(front(points), prefer=weights)

    assert choice.record.uid == expected
    assert f"weighing interior_error {interior}, boundary_error {boundary}." in choice.reason


def test_weights_act_on_normalised_losses_so_units_do_not_matter():
    weights = {"interior_error": 1.0, "boundary_error": 2.0}
    in_percent = [(100 * a, b) for a, b in BENT]

    assert (
        pick(front(in_percent), prefer=weights).record.uid
        == pick(front(BENT), prefer=weights).record.uid
    )


def test_constraints_leave_trials_out_before_the_rule_is_applied():
    choice = pick(front(BENT), where=["interior_error<=0.1", "boundary_error < 0.9"])

    assert choice.record.uid == "t0001"
    assert choice.reason.endswith(
        "is the only trial on the front with interior_error <= 0.1 and boundary_error < 0.9."
    )


def test_constraints_are_in_the_objectives_own_direction():
    points = [(0.1, 0.5), (0.3, 0.8), (0.9, 0.9)]

    choice = pick(front(points, (INTERIOR, DICE)), where=["dice>=0.85"])

    assert choice.record.uid == "t0002"


def test_a_constraint_nobody_meets_says_what_there_is():
    with pytest.raises(SweepFailedError) as caught:
        pick(front(STRAIGHT[1:]), where=["interior_error<=0.1"])

    assert str(caught.value) == (
        "No trial on the front has interior_error <= 0.1. There, interior_error lies between 0.25 "
        "and 1. Relax --where."
    )


def test_nothing_can_be_picked_from_an_empty_front():
    with pytest.raises(SweepFailedError, match="Found no complete trial"):
        pick(front([]))


def test_an_unknown_objective_is_answered_with_the_nearest():
    with pytest.raises(RecipeError, match="Did you mean `boundary_error`"):
        pick(front(BENT), where=["boundry_error<=0.1"])
    with pytest.raises(RecipeError, match="Did you mean `interior_error`"):
        pick(front(BENT), prefer={"interior_eror": 1.0, "boundary_error": 1.0})


@pytest.mark.parametrize("text", ["interior_error", "interior_error<=", "<=1", "interior_error=1",
                                  "interior_error<=nan", "interior_error<=a"])  # fmt: skip
def test_a_constraint_that_cannot_be_read_is_answered_with_an_example(text):
    with pytest.raises(RecipeError, match=r'For example --where "interior_error<=0.1"'):
        pick(front(BENT), where=[text])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"interior_error": 1.0}, "Add boundary_error=0 if it does not matter"),
        ({"interior_error": -1.0, "boundary_error": 1.0}, "at least 0"),
        ({"interior_error": 0.0, "boundary_error": 0.0}, "one of them above 0"),
        ({"interior_error": float("nan"), "boundary_error": 1.0}, "at least 0"),
    ],
)
def test_weights_that_mean_nothing_are_refused(weights, message):
    with pytest.raises(RecipeError, match=message):
        pick(front(BENT), prefer=weights)


def test_knee_and_prefer_exclude_each_other():
    with pytest.raises(RecipeError, match="Leave one of them out"):
        pick(front(BENT), knee=True, prefer={"interior_error": 1.0, "boundary_error": 1.0})


@pytest.mark.parametrize("text", ["", "a", "a=", "=1", "a=1,", "a=1,a=2", "a=inf", "a=x"])
def test_weights_that_cannot_be_read_are_refused(text):
    with pytest.raises(RecipeError, match="NAME=WEIGHT"):
        parse_numbers("--prefer", text)


@pytest.mark.parametrize(
    ("aspired", "expected"),
    [((0.1, 0.4), "t0001"), ((0.0, 0.0), "t0002"), ((0.55, 0.0), "t0003"), ((0.0, 5.0), "t0000")],
)
def test_the_trial_that_falls_short_the_least_of_what_is_aspired_to_is_picked(aspired, expected):
    reference = dict(zip(("interior_error", "boundary_error"), aspired, strict=True))

    choice = pick(front(BENT), reference=reference)

    assert choice.record.uid == expected
    assert choice.criterion == "reference"


def test_the_reason_says_what_is_missed_of_the_reference_and_by_how_much():
    choice = pick(front(BENT), reference={"interior_error": 0.15, "boundary_error": 0.35})

    assert choice.reason == (
        "Trial t0002 (interior_error 0.2, boundary_error 0.2) comes nearest to interior_error "
        "0.15, boundary_error 0.35 of the 5 trials on the front. It misses it on interior_error, "
        "by 0.05."
    )


def test_a_reference_within_reach_is_said_to_be_reached():
    choice = pick(front(BENT), reference={"interior_error": 0.5, "boundary_error": 0.5})

    assert choice.record.uid == "t0002"
    assert choice.reason.endswith("It comes up to it on every objective.")


def test_a_reference_is_in_the_objectives_own_direction():
    points = [(0.1, 0.5), (0.3, 0.8), (0.9, 0.9)]
    wanted = {"interior_error": 0.25, "dice": 0.78}

    choice = pick(front(points, (INTERIOR, DICE)), reference=wanted)

    assert choice.record.uid == "t0001"
    assert choice.reason.endswith("It misses it on interior_error, by 0.05.")


def test_an_objective_that_does_not_vary_decides_nothing_however_far_it_is_from_the_reference():
    third = Objective(name="hours", reference=1000.0)
    points = [(a, b, 500.0) for a, b in BENT]
    wanted = {"interior_error": 0.6, "boundary_error": 0.1, "hours": 1.0}

    choice = pick(front(points, (INTERIOR, BOUNDARY, third)), reference=wanted)

    assert choice.record.uid == "t0003"


def test_a_reference_leaves_out_no_objective_and_names_no_other():
    with pytest.raises(RecipeError, match="Found no value of boundary_error"):
        pick(front(BENT), reference={"interior_error": 0.1})
    with pytest.raises(RecipeError, match="Did you mean `interior_error`"):
        pick(front(BENT), reference={"interior_eror": 0.1, "boundary_error": 0.1})


def test_a_reference_excludes_knee_and_weights():
    both = {"interior_error": 1.0, "boundary_error": 1.0}
    with pytest.raises(RecipeError, match=r"--reference: excludes --prefer\. Found both"):
        pick(front(BENT), prefer=both, reference=both)
    with pytest.raises(RecipeError, match=r"excludes --knee and --prefer\. Found all three"):
        pick(front(BENT), knee=True, prefer=both, reference=both)


@pytest.mark.parametrize(
    ("flags", "criterion"),
    [
        ({"knee": True}, "knee"),
        ({}, "knee"),
        ({"prefer": {"interior_error": 1.0, "boundary_error": 1.0}}, "weights"),
        ({"where": ["interior_error<=0.05"]}, "only"),
        ({"knee": True, "where": ["interior_error>=0.6"]}, "balanced"),
    ],
)
def test_a_choice_names_its_criterion_in_a_word(flags, criterion):
    assert pick(front(BENT), **flags).criterion == criterion
