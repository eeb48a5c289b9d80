"""Places of trials against an order that is made without any library of fronts."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pareto_search.fronts.front import nondominated_rank
from pareto_search.fronts.ranking import hypervolume_rank

Array = npt.NDArray[np.float64]

SHAPES = st.tuples(st.integers(0, 8), st.integers(2, 4))
VALUES = st.integers(0, 6).map(float) | st.sampled_from([np.nan, np.inf, -np.inf])
LOSSES = SHAPES.flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=VALUES))
CLAIM = settings(max_examples=200, deadline=None)


def _volume(rows: Array, reference: Array) -> float:
    """By inclusion and exclusion of the boxes up to the reference; whole numbers stay whole."""
    boxes = [row for row in rows if (row < reference).all()]
    return sum(
        (-1) ** (size + 1) * float(np.prod(reference - np.max(subset, axis=0)))
        for size in range(1, len(boxes) + 1)
        for subset in combinations(boxes, size)
    )


def _alone(rows: Array, at: int, reference: Array) -> float:
    return _volume(rows, reference) - _volume(np.delete(rows, at, axis=0), reference)


@CLAIM
@given(LOSSES)
def test_places_go_by_rank_then_by_the_volume_that_a_row_alone_dominates(rows: Array) -> None:
    reference = np.full(rows.shape[1], 5.0)
    ranks = nondominated_rank(rows)
    keys = {}
    for rank in range(ranks.max(initial=-1) + 1):
        members = np.flatnonzero(ranks == rank)
        for at, row in enumerate(members):
            keys[int(row)] = (rank, -_alone(rows[members], at, reference), int(row))

    places = hypervolume_rank(rows, reference)

    expected = {row: place for place, row in enumerate(sorted(keys, key=keys.__getitem__), 1)}
    assert places.tolist() == [expected.get(row, 0) for row in range(len(rows))]


@CLAIM
@given(LOSSES, st.integers(1, 64), st.integers(-3, 3))
def test_places_do_not_depend_on_units(rows: Array, scale: int, shift: int) -> None:
    reference = np.full(rows.shape[1], 5.0)
    moved = hypervolume_rank(rows * scale + shift, reference * scale + shift)
    assert moved.tolist() == hypervolume_rank(rows, reference).tolist()
