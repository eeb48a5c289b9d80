"""Attainment, coverage, leads and tests against slow oracles that share no code with them."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pareto_search.comparison.leads import leads, mean_heights
from pareto_search.comparison.significance import Significance, correct, rank_p
from pareto_search.comparison.volumes import t_interval
from pareto_search.fronts.attainment import attainment_difference, attainment_surface
from pareto_search.fronts.coverage import coverage, joint_members, lost_without, shift_to_cover
from pareto_search.fronts.hypervolume import hypervolume

CLAIM = settings(max_examples=50, deadline=None)
GRID = st.integers(0, 6).map(float)
REFERENCE = np.array([5.0, 5.0])


def fronts(most=4, columns=2):
    shapes = st.tuples(st.integers(1, most), st.just(columns))
    return shapes.flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=GRID))


def groups(most=4, columns=2):
    return st.lists(fronts(columns=columns), min_size=1, max_size=most)


def attains(run, point):
    return any(all(a <= b for a, b in zip(row, point, strict=True)) for row in run)


def part_attaining(runs, point):
    return sum(attains(run, point) for run in runs) / len(runs)


def middles():
    """Points between the lines of the grid, and beyond it."""
    return [(x + 0.5, y + 0.5) for x in range(-1, 8) for y in range(-1, 8)]


@CLAIM
@given(groups(), st.integers(1, 20))
def test_a_surface_attains_exactly_what_enough_runs_attain(runs, twentieths):
    share = twentieths / 20
    needed = max(1, math.ceil(len(runs) * share - 1e-7))
    surface = attainment_surface(runs, share)
    for point in middles():
        enough = sum(attains(run, point) for run in runs) >= needed
        assert attains(surface, point) == enough


@CLAIM
@given(groups(most=3, columns=3), st.sampled_from([0.25, 0.5, 0.75, 1.0]))
def test_so_does_a_surface_of_three_objectives(runs, share):
    needed = max(1, math.ceil(len(runs) * share - 1e-7))
    surface = attainment_surface(runs, share)
    for point in [(x + 0.5, y + 0.5, z + 0.5) for x in (0, 2, 5) for y in (1, 3) for z in (0, 4)]:
        assert attains(surface, point) == (sum(attains(run, point) for run in runs) >= needed)


@CLAIM
@given(groups(), groups())
def test_the_difference_is_that_of_the_parts_of_runs_counted_at_every_place(first, second):
    found = attainment_difference(first, second)
    for point in middles():
        inside = ((found.low < point) & (point < found.high)).all(axis=1)
        wanted = part_attaining(first, point) - part_attaining(second, point)
        assert inside.sum() == (abs(wanted) > 1e-9)  # no box twice, and none for nothing
        assert found.share[inside].sum() == pytest.approx(wanted)


@CLAIM
@given(groups(), groups())
def test_the_difference_times_area_is_the_difference_of_mean_hypervolumes(first, second):
    found = attainment_difference(first, second).within(REFERENCE)
    means = [np.mean([hypervolume(run, REFERENCE) for run in runs]) for runs in (first, second)]
    assert float((found.share * found.areas).sum()) == pytest.approx(means[0] - means[1])


@CLAIM
@given(groups(), groups(), st.randoms())
def test_neither_order_of_runs_nor_of_trials_matters_and_sides_change_the_sign(first, second, rnd):
    there = attainment_difference(first, second)
    shuffled = [run[rnd.sample(range(len(run)), len(run))] for run in first]
    rnd.shuffle(shuffled)
    back = attainment_difference(second, shuffled)
    for point in middles():
        one = there.share[((there.low < point) & (point < there.high)).all(axis=1)].sum()
        other = back.share[((back.low < point) & (point < back.high)).all(axis=1)].sum()
        assert one == pytest.approx(-other)


@CLAIM
@given(fronts(columns=3), fronts(columns=3))
def test_coverage_and_shift_are_those_of_comparing_every_pair(first, second):
    covered = [attains(first, row) for row in second]
    assert coverage(first, second) == pytest.approx(sum(covered) / len(covered))
    shift = max(min(max(a - b for a, b in zip(p, q, strict=True)) for p in first) for q in second)
    assert shift_to_cover(first, second) == pytest.approx(shift)
    assert attains(first - shift_to_cover(first, second), second[0] + 1e-12)


@CLAIM
@given(fronts(), fronts())
def test_a_unit_scales_the_shift(first, second):
    unit = np.array([2.0, 4.0])
    assert shift_to_cover(first * unit, second * unit, unit) == pytest.approx(
        shift_to_cover(first, second)
    )


@CLAIM
@given(groups(most=3))
def test_the_front_of_all_is_shared_out_as_counted_by_hand(runs):
    rows = {tuple(row) for run in runs for row in run}
    best = {p for p in rows if not any(attains([q], p) for q in rows if q != p)}
    held, joint = joint_members(runs)
    assert joint == len(best)
    assert held == [len(best & {tuple(row) for row in run}) for run in runs]


@CLAIM
@given(groups(most=3))
def test_what_is_lost_without_a_front_is_what_it_adds_to_the_others(runs):
    whole = hypervolume(np.vstack(runs), REFERENCE)
    for place, lost in enumerate(lost_without(runs, REFERENCE)):
        rest = [run for other, run in enumerate(runs) if other != place]
        left = hypervolume(np.vstack(rest), REFERENCE) if rest else 0.0
        assert lost == pytest.approx(whole - left)


@CLAIM
@given(st.lists(groups(most=3), min_size=2, max_size=3))
def test_heights_add_up_to_the_mean_hypervolumes(contestants):
    edges, heights = mean_heights(contestants, REFERENCE)
    for place, runs in enumerate(contestants):
        mean = np.mean([hypervolume(run, REFERENCE) for run in runs])
        covered = ((REFERENCE[1] - heights[place]) * np.diff(edges)).sum() if len(edges) else 0.0
        assert covered == pytest.approx(mean)


@CLAIM
@given(st.lists(groups(most=3), min_size=2, max_size=3))
def test_a_leader_is_nowhere_in_its_lead_behind_by_more_than_is_negligible(contestants):
    edges, heights = mean_heights(contestants, REFERENCE)
    found = leads(contestants, REFERENCE)
    whole = sum(lead.gain for lead in found)
    for lead in found:
        inside = (edges[:-1] >= lead.start) & (edges[1:] <= lead.end)
        ahead = np.sort(heights, axis=0)
        cells = (ahead[1] - ahead[0]) * np.diff(edges)
        assert lead.gain == pytest.approx(cells[inside].sum())
        if lead.leader is None:
            assert cells[inside].max(initial=0.0) <= 0.01 * whole + 1e-9
        else:
            behind = (heights[lead.leader] - ahead[0]) * np.diff(edges)
            assert behind[inside].max() <= 0.01 * whole + 1e-9
            width = np.diff(edges)[inside & (cells > 0) & (behind > 0)].sum()
            assert width <= 0.02 * (edges[-1] - edges[0])
    ends = [(lead.start, lead.end) for lead in found]
    assert all(a[1] == b[0] for a, b in pairwise(ends))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 5).map(float), min_size=2, max_size=4),
    st.lists(st.integers(0, 5).map(float), min_size=2, max_size=4),
)
def test_p_is_counted_over_all_ways_to_share_out_the_runs_with_ties(first, second):
    together = np.array(first + second)
    ranks = [(together < v).sum() + 0.5 * ((together == v).sum() + 1) for v in together]
    mean = len(first) * (len(together) + 1) / 2
    sums = [sum(ranks[i] for i in own) for own in combinations(range(len(together)), len(first))]
    seen = sum(ranks[: len(first)])
    low = np.mean([s <= seen + 1e-9 for s in sums])
    high = np.mean([s >= seen - 1e-9 for s in sums])
    wanted = 1.0 if np.ptp(together) == 0 else min(1.0, 2 * min(low, high))
    assert rank_p(np.array(first), np.array(second)) == pytest.approx(wanted), (mean, seen)


def test_three_runs_each_can_never_be_told_apart_and_four_can():
    assert rank_p(np.arange(3.0), np.arange(3.0) + 9) == pytest.approx(2 / 20)
    assert rank_p(np.arange(4.0), np.arange(4.0) + 9) == pytest.approx(2 / 70)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7), st.sampled_from([0.01, 0.05, 0.2]))
def test_holm_rejects_exactly_what_its_step_down_rule_rejects(values, level):
    corrected = [one.corrected for one in correct([Significance("", p=p) for p in values])]
    rejected = [False] * len(values)
    for k, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if values[index] * (len(values) - k) > level:
            break
        rejected[index] = True
    assert [q <= level for q in corrected] == rejected


def test_the_interval_holds_the_true_mean_as_often_as_it_says():
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        low, high = t_interval(generator.normal(0.5, 0.1, 4))
        hits += low <= 0.5 <= high
    assert 368 <= hits <= 392  # 380 are due, 4.4 the standard deviation
