import numpy as np
import pytest

from pareto_search.searchers.improving import RECENT, ImprovingFront


def on_sphere(count, seed=0):
    """Losses (count x 3) of which none dominates another."""
    rows = np.abs(np.random.default_rng(seed).normal(size=(count, 3)))
    return 1 - rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_of_two_objectives_every_nondominated_trial_is_a_success():
    front = ImprovingFront(2)
    rows = np.random.default_rng(0).random((200, 2))
    for n, row in enumerate(rows):
        assert front.improves(row) == (not (rows[:n] <= row).all(axis=1).any())


def test_of_three_objectives_about_half_of_equally_good_trials_are_successes():
    front = ImprovingFront(3)
    found = [front.improves(row) for row in on_sphere(120)]
    assert 0.25 < np.mean(found[RECENT:]) < 0.65


@pytest.mark.parametrize("num_objectives", [2, 3, 4])
def test_a_dominated_or_equal_trial_is_none(num_objectives):
    front = ImprovingFront(num_objectives)
    assert front.improves(np.zeros(num_objectives))
    assert not front.improves(np.zeros(num_objectives))
    assert not front.improves(np.ones(num_objectives))


def test_of_three_objectives_who_moves_the_front_succeeds_and_who_fills_it_up_does_not():
    front, rows = ImprovingFront(3), on_sphere(60)
    for row in rows:
        front.improves(row)
    beside = rows[:20] + 1e-3 * np.asarray([1.0, -1.0, 0.0])
    beside = [row for row in beside if not (rows <= row).all(axis=1).any()]
    assert len(beside) > 10
    assert sum(front.improves(row) for row in beside[:8]) <= 1
    assert front.improves(np.asarray([0.1, 0.1, 0.1]))


def test_units_do_not_matter():
    units = np.asarray([1e-6, 1.0, 1e6])
    one, other = ImprovingFront(3), ImprovingFront(3)
    rows = on_sphere(60, seed=1)
    assert [one.improves(row) for row in rows] == [other.improves(row * units) for row in rows]
