"""Dominance, fronts, hypervolume and knee against slow oracles that share no code with them."""

from itertools import combinations

import moocore
import numpy as np
import numpy.typing as npt
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pareto_search.fronts.front import dominates, is_on_front, nondominated_rank
from pareto_search.fronts.hypervolume import hypervolume, hypervolume_history
from pareto_search.fronts.knee import knee
from pareto_search.fronts.staircase import Staircase

Array = npt.NDArray[np.float64]

AWKWARD = st.sampled_from([0.0, -0.0, 0.25, 0.5, 1.0, 2.0, np.nan, np.inf, -np.inf]) | st.floats(
    -3, 3, width=32
)
GRID = st.integers(0, 12).map(float)
UNIT = st.floats(0, 8)

CLAIM = settings(max_examples=200, deadline=None)


def losses(elements: st.SearchStrategy[float], most: int = 12) -> st.SearchStrategy[Array]:
    shapes = st.tuples(st.integers(0, most), st.integers(2, 4))
    return shapes.flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=elements))


def _beats(a: Array, b: Array) -> bool:
    if not all(np.isfinite([*a, *b])):
        return False
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(
        x < y for x, y in zip(a, b, strict=True)
    )


def _slow_ranks(rows: Array) -> list[int]:
    ranks = [-1] * len(rows)
    left = [i for i, row in enumerate(rows) if np.isfinite(row).all()]
    rank = 0
    while left:
        best = [i for i in left if not any(_beats(rows[j], rows[i]) for j in left)]
        for i in best:
            ranks[i] = rank
        left = [i for i in left if i not in best]
        rank += 1
    return ranks


def _inclusion_exclusion(rows: Array, reference: Array) -> float:
    boxes = [row for row in rows if np.isfinite(row).all() and (row < reference).all()]
    total = 0.0
    for size in range(1, len(boxes) + 1):
        for subset in combinations(boxes, size):
            shared = np.prod(reference - np.max(subset, axis=0))
            total += float(shared) if size % 2 else -float(shared)
    return total


@CLAIM
@given(losses(AWKWARD))
def test_the_front_and_the_ranks_equal_those_of_pairwise_comparison(rows: Array) -> None:
    expected = _slow_ranks(rows)

    assert nondominated_rank(rows).tolist() == expected
    assert is_on_front(rows).tolist() == [rank == 0 for rank in expected]


@CLAIM
@given(losses(AWKWARD), st.randoms())
def test_the_front_does_not_depend_on_the_order_of_trials(rows: Array, random) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)

    assert (is_on_front(rows)[order] == is_on_front(rows[order])).all()


@CLAIM
@given(losses(AWKWARD, most=6))
def test_dominance_is_a_strict_partial_order(rows: Array) -> None:
    for a in rows:
        assert not dominates(a, a)
        for b in rows:
            assert dominates(a, b) == _beats(a, b)
            assert not (dominates(a, b) and dominates(b, a))


@CLAIM
@given(losses(AWKWARD | GRID, most=7))
def test_hypervolume_equals_inclusion_and_exclusion(rows: Array) -> None:
    reference = np.full(rows.shape[1], 2.5)

    np.testing.assert_allclose(
        hypervolume(rows, reference), _inclusion_exclusion(rows, reference), atol=1e-9
    )


@CLAIM
@given(losses(AWKWARD))
def test_the_history_never_falls_and_each_entry_is_the_hypervolume_so_far(rows: Array) -> None:
    reference = np.full(rows.shape[1], 1.5)

    history = hypervolume_history(rows, reference)

    assert history.shape == (len(rows),)
    assert (np.diff(history) >= 0).all()
    expected = [hypervolume(rows[: n + 1], reference) for n in range(len(rows))]
    np.testing.assert_allclose(history, expected, atol=1e-9)


@CLAIM
@given(
    losses(GRID),
    st.lists(st.sampled_from([0.125, 0.5, 1.0, 4.0, 1024.0]), min_size=4, max_size=4),
    st.lists(st.integers(-64, 64), min_size=4, max_size=4),
)
def test_the_knee_does_not_depend_on_units(rows: Array, scales, shifts) -> None:
    columns = rows.shape[1]
    # powers of two and whole numbers: the change of unit itself rounds nothing
    changed = rows * scales[:columns] + shifts[:columns]

    assert knee(changed) == knee(rows)


@CLAIM
@given(
    hnp.arrays(np.float64, st.integers(0, 20), elements=st.floats(0, 1)),
    st.floats(0.01, 100),
    st.floats(0.01, 100),
)
def test_a_straight_front_has_no_knee(along: Array, first: float, second: float) -> None:
    assert knee(np.column_stack([first * along, second * (1 - along)])) is None


@CLAIM
@given(losses(GRID))
def test_a_knee_is_on_the_front_and_below_the_chord_of_its_ends(rows: Array) -> None:
    assume(rows.shape[1] == 2)
    found = knee(rows)
    if found is None:
        return
    front = rows[is_on_front(rows)]
    z = (rows[found] - front.min(axis=0)) / np.ptp(front, axis=0)

    assert is_on_front(rows)[found]
    assert z.sum() < 1


@CLAIM
@given(hnp.arrays(np.float64, st.tuples(st.integers(0, 30), st.just(2)), elements=GRID | UNIT))
def test_a_staircase_has_the_front_and_area_of_all_rows_so_far(rows: Array) -> None:
    """Rows beyond the reference point, equal ones and ties of one loss among them."""
    reference = np.array([4.0, 6.0])
    steps = Staircase((4.0, 6.0))
    for n, row in enumerate(rows, start=1):
        steps.add(tuple(row.tolist()))

        assert len(steps) == is_on_front(rows[:n]).sum()
        np.testing.assert_allclose(
            steps.area, _area_by_cells(rows[:n], reference), rtol=1e-12, atol=1e-12
        )


def _area_by_cells(rows: Array, reference: Array) -> float:
    """The area by its definition, cell by cell between all coordinates."""
    cuts = [np.unique([*rows[:, axis], end]) for axis, end in enumerate(reference)]
    cuts = [c[c <= end] for c, end in zip(cuts, reference, strict=True)]
    total = 0.0
    for i in range(len(cuts[0]) - 1):
        for j in range(len(cuts[1]) - 1):
            if ((rows[:, 0] <= cuts[0][i]) & (rows[:, 1] <= cuts[1][j])).any():
                total += (cuts[0][i + 1] - cuts[0][i]) * (cuts[1][j + 1] - cuts[1][j])
    return total


def test_nothing_adds_up_where_each_of_ten_thousand_rows_enters_the_front() -> None:
    """The hardest case for a running sum: ten thousand gains of very different sizes."""
    rng = np.random.default_rng(0)
    along = rng.permutation(10_000) / 10_000
    rows = np.column_stack([along, (1 - np.sqrt(along)) ** 2])
    reference = np.array([1.1, 1.1])

    history = hypervolume_history(rows, reference)

    for n in (1, 10, 100, 1000, 5000, 10_000):
        expected = moocore.hypervolume(rows[:n], ref=reference)
        np.testing.assert_allclose(history[n - 1], expected, rtol=1e-13)
