"""Reference directions: on the simplex, as many as fit, the same every time."""

import numpy as np
import pytest

from pareto_search.searchers.pymoo_directions import reference_directions


@pytest.mark.parametrize("m", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("size", [4, 8, 16, 40, 100])
def test_directions_are_distinct_points_of_the_simplex_with_all_corners(size, m):
    found = reference_directions(size, m)
    assert np.allclose(found.sum(axis=1), 1)
    assert found.min() >= 0
    assert len(np.unique(found.round(9), axis=0)) == len(found)
    assert m <= len(found) <= max(size, m)
    assert all((found == corner).all(axis=1).any() for corner in np.eye(m))
    assert np.array_equal(found, reference_directions(size, m))


def test_two_objectives_have_as_many_directions_as_there_are_trials():
    assert [len(reference_directions(size, 2)) for size in range(4, 40)] == list(range(4, 40))


def test_where_no_direction_would_have_all_objectives_in_it_an_inner_grid_has():
    assert (reference_directions(40, 5).min(axis=1) > 0).any()
