"""What is picked is on the front, needs no units, and comes up to a reference that is reached."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pareto_search.choice.aspiration import achievement
from pareto_search.choice.weights import distance_to_ideal
from pareto_search.fronts.front import is_on_front

CLAIM = settings(max_examples=200, deadline=None)
GRID = st.integers(0, 12).map(float)
SCALES = st.lists(st.sampled_from([0.125, 0.5, 1.0, 4.0, 1024.0]), min_size=4, max_size=4)
SHIFTS = st.lists(st.integers(-64, 64), min_size=4, max_size=4)


@st.composite
def fronts(draw):
    """Different nondominated rows, K x M: whole numbers, so that nothing is nearly equal."""
    shape = (draw(st.integers(1, 12)), draw(st.integers(2, 4)))
    rows = np.unique(draw(hnp.arrays(np.float64, shape, elements=GRID)), axis=0)
    return rows[is_on_front(rows)]


def aspirations(rows, draw):
    return np.array(draw(st.lists(GRID, min_size=rows.shape[1], max_size=rows.shape[1])))


@CLAIM
@given(fronts(), st.data())
def test_a_trial_that_is_the_reference_itself_is_the_one_that_is_taken(rows, data):
    own = data.draw(st.integers(0, len(rows) - 1))

    assert int(np.argmin(achievement(rows, rows[own]))) == own


@CLAIM
@given(fronts(), st.data(), SCALES, SHIFTS)
def test_achievement_does_not_depend_on_units(rows, data, scales, shifts):
    aspired = aspirations(rows, data.draw)
    columns = rows.shape[1]
    scale, shift = np.array(scales[:columns]), np.array(shifts[:columns])

    changed = achievement(rows * scale + shift, aspired * scale + shift)

    np.testing.assert_allclose(changed, achievement(rows, aspired), atol=1e-12)


@CLAIM
@given(fronts(), st.data())
def test_a_reference_that_some_trial_comes_up_to_is_come_up_to_by_the_one_that_is_taken(rows, data):
    aspired = aspirations(rows, data.draw)
    reached = (rows <= aspired).all(axis=1)
    taken = int(np.argmin(achievement(rows, aspired)))

    assert reached[taken] or not reached.any()


@CLAIM
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(2, 4)), elements=GRID),
       st.data())  # fmt: skip
def test_neither_weights_nor_a_reference_take_a_dominated_row(rows, data):
    """Even among rows that no front was taken of: the sum beside the maximum sees to it."""
    aspired = aspirations(rows, data.draw)
    numbers = st.lists(st.integers(1, 5), min_size=rows.shape[1], max_size=rows.shape[1])
    weights = np.array(data.draw(numbers), dtype=float)

    for scores in (achievement(rows, aspired), distance_to_ideal(rows, weights)):
        best = scores <= scores.min() + 1e-12
        assert (is_on_front(rows) & best).any()
