"""What a plan of strides promises: voxels that become cubes, then shrink together."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.networks import plan_kernels, plan_strides

CLAIM = settings(max_examples=100, deadline=None, derandomize=True)
SPACINGS = st.tuples(*[st.floats(0.3, 10.0)] * 3)


def after(strides, spacing_mm):
    """Spacings at each resolution."""
    spacing, found = list(spacing_mm), []
    for step in strides:
        spacing = [edge * stride for edge, stride in zip(spacing, step, strict=True)]
        found.append(spacing)
    return found


@pytest.mark.parametrize(
    ("spacing_mm", "strides"),
    [
        ((1, 1, 1), [(1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2)]),
        ((1, 1, 2), [(1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2)]),
        ((0.6, 0.6, 5), [(1, 1, 1), (2, 2, 1), (2, 2, 1), (2, 2, 1), (2, 2, 2)]),
        ((4, 1, 1), [(1, 1, 1), (1, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2)]),
    ],
)
def test_an_axis_is_left_alone_while_its_spacing_is_more_than_twice_the_finest(spacing_mm, strides):
    assert list(plan_strides(5, spacing_mm)) == strides


@CLAIM
@given(levels=st.integers(1, 6), spacing_mm=SPACINGS)
def test_the_finest_axis_is_always_halved_and_no_axis_becomes_coarse_by_pooling(levels, spacing_mm):
    strides = plan_strides(levels, spacing_mm)
    assert len(strides) == levels
    assert strides[0] == (1, 1, 1)
    for before, step, now in zip(
        after(strides, spacing_mm), strides[1:], after(strides, spacing_mm)[1:], strict=False
    ):
        assert step[before.index(min(before))] == 2
        assert all(edge <= 4 * min(before) for edge, s in zip(now, step, strict=True) if s == 2)
        ratio, earlier = max(now) / min(now), max(before) / min(before)
        assert ratio <= max(earlier, 4.0) * (1 + 1e-9)


@CLAIM
@given(spacing_mm=SPACINGS, scale=st.sampled_from([0.25, 2.0, 8.0]))
def test_only_ratios_of_spacings_count(spacing_mm, scale):
    scaled = [scale * edge for edge in spacing_mm]
    assert plan_strides(5, spacing_mm) == plan_strides(5, scaled)
    assert plan_kernels(5, spacing_mm) == plan_kernels(5, scaled)


@CLAIM
@given(spacing_mm=SPACINGS)
def test_a_kernel_is_flat_where_the_next_step_does_not_pool(spacing_mm):
    kernels, strides = plan_kernels(6, spacing_mm), plan_strides(7, spacing_mm)
    for kernel, step in zip(kernels, strides[1:], strict=True):
        assert kernel == tuple(3 if stride == 2 else 1 for stride in step)
    assert math.prod(kernels[-1]) >= 3
