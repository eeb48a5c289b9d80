"""Conflict and gap are measured at whatever scale losses have, and what is no number stays none."""

import math

import pytest
import torch

from trainables.conflict import conflict_cosine, stationarity_gap, two_sides

TYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


@pytest.mark.parametrize("scale", [1e-39, 1e-38, 1e-23, 1e-19, 1.0, 1e19, 1e37])
def test_a_scale_changes_neither_in_single_precision(scale):
    """1e-39 is subnormal: the products of two entries leave the range long before the entries."""
    gramian = torch.tensor([[4.0, -1.0], [-1.0, 1.0]]) * scale
    assert float(conflict_cosine(gramian)) == pytest.approx(-0.5, rel=1e-4)
    share = 2 / 7  # (1 + 1) / (4 + 1 + 2)
    gap = math.sqrt(4 * share**2 - 2 * share * (1 - share) + (1 - share) ** 2) / 2
    assert float(stationarity_gap(gramian)) == pytest.approx(gap, rel=1e-4)


@pytest.mark.parametrize("scale", [1e-39, 1e-23, 1.0, 1e37])
def test_equal_gradients_agree_and_opposed_ones_are_stationary_at_any_scale(scale):
    equal, opposed = (torch.tensor([[1.0, s], [s, 1.0]]) * scale for s in (1.0, -1.0))
    assert float(conflict_cosine(equal)) == pytest.approx(1.0, rel=1e-5)
    assert float(conflict_cosine(opposed)) == pytest.approx(-1.0, rel=1e-5)
    assert float(stationarity_gap(equal)) == pytest.approx(1.0)
    assert float(stationarity_gap(opposed)) == 0.0


def test_sizes_far_apart_leave_the_cosine():
    gramian = torch.tensor([[1e-30, 0.5], [0.5, 1e30]])
    assert float(conflict_cosine(gramian)) == pytest.approx(0.5)


@TYPES
@pytest.mark.parametrize("sizes", [(0.0, 0.0), (0.0, 2.0), (2.0, 0.0)])
def test_where_a_gradient_is_nothing_so_are_both(sizes, dtype):
    gramian = torch.diag(torch.tensor(sizes, dtype=dtype))
    for measure in (conflict_cosine, stationarity_gap):
        assert float(measure(gramian)) == 0.0
        assert measure(gramian).dtype == dtype


@pytest.mark.parametrize("place", [(0, 0), (1, 1)])
def test_of_a_gradient_that_is_no_number_neither_is_one(place):
    gramian = torch.eye(2)
    gramian[place] = math.nan
    assert math.isnan(conflict_cosine(gramian))
    assert math.isnan(stationarity_gap(gramian))


def test_two_shells_are_their_own_two_sides():
    gramian = torch.tensor([[4.0, -1.0], [-1.0, 1.0]])
    assert torch.equal(two_sides(gramian), gramian)
