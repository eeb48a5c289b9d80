import numpy as np
import pytest

from pareto_search.fronts.hypervolume import hypervolume, hypervolume_history


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_one_point_dominates_the_box_up_to_the_reference(objectives):
    point = np.arange(objectives) / 10

    expected = np.prod(1 - point)

    assert hypervolume([point], np.ones(objectives)) == pytest.approx(expected)


def test_a_regular_staircase_has_the_area_of_its_closed_form():
    n = 50
    corners = np.arange(n) / n
    stairs = np.column_stack([corners, corners[::-1]])

    assert hypervolume(stairs, [1.0, 1.0]) == pytest.approx((n + 1) / (2 * n))


def test_rows_beyond_the_reference_or_not_finite_contribute_nothing():
    rows = [[0.5, 0.5], [-9.0, 1.0], [2.0, -9.0], [np.nan, 0.0], [-np.inf, 0.0], [0.0, np.inf]]

    assert hypervolume(rows, [1.0, 1.0]) == pytest.approx(0.25)
    assert hypervolume_history(rows, [1.0, 1.0]).tolist() == [0.25] * 6


def test_without_rows_it_is_zero():
    assert hypervolume(np.empty((0, 2)), [1.0, 1.0]) == 0.0
    assert hypervolume_history(np.empty((0, 3)), [1.0, 1.0, 1.0]).shape == (0,)


def test_a_newcomer_that_dominates_the_whole_archive_replaces_it():
    rows = [[0.2, 0.8], [0.5, 0.5], [0.8, 0.2], [0.2, 0.2], [0.1, 0.9]]

    history = hypervolume_history(rows, [1.0, 1.0])

    assert history.tolist() == pytest.approx([0.16, 0.31, 0.37, 0.64, 0.65])


@pytest.mark.parametrize("objectives", [2, 3])
def test_the_history_of_many_trials_ends_with_their_hypervolume(objectives):
    rows = np.random.default_rng(0).random((300, objectives))

    history = hypervolume_history(rows, np.ones(objectives))

    assert history[-1] == pytest.approx(hypervolume(rows, np.ones(objectives)))


def test_a_reference_of_another_size_is_refused():
    with pytest.raises(ValueError, match="one number an objective"):
        hypervolume([[0.0, 0.0]], [1.0, 1.0, 1.0])


def test_a_reference_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="should be finite"):
        hypervolume_history([[0.0, 0.0]], [1.0, np.inf])
