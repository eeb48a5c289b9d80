"""What boxes promise: nothing lost, nothing twice, empty layers between."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from trainables import boxes
from trainables.boxes import box_around, boxes_of_parts, grow_box, tight_box
from trainables.errors import ParameterError

CLAIM = settings(max_examples=40, deadline=None, derandomize=True)
SPARSE = array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=12).flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.integers(0, 9)).map(
        lambda field: torch.from_numpy(field == 0)
    )
)


@pytest.fixture(autouse=True)
def _cut_small_boxes_too(monkeypatch):
    monkeypatch.setattr(boxes, "WORTH_CUTTING", 0)


def test_a_box_holds_the_region_and_its_margin_and_ends_at_the_volume():
    mask = torch.zeros(20, 20, dtype=torch.bool)
    mask[1:3, 10:12] = True
    box = box_around(mask, [1.0, 2.0], margin_mm=5.0)
    assert box is not None
    assert mask[box].shape == (8, 8)
    assert mask[box].sum() == mask.sum()
    assert box_around(torch.zeros_like(mask), [1.0, 2.0], 5.0) is None


@CLAIM
@given(mask=SPARSE)
def test_a_tight_box_begins_and_ends_where_the_region_does(mask):
    places = np.argwhere(mask.numpy())
    box = tight_box(mask)
    if not len(places):
        assert box is None
    else:
        ends = zip(places.min(0), places.max(0) + 1, strict=True)
        assert box == tuple(slice(int(a), int(b)) for a, b in ends)


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 2, 2)])
def test_a_volume_without_voxels_has_no_box(shape):
    mask = torch.zeros(shape, dtype=torch.bool)
    assert tight_box(mask) is None
    assert list(boxes_of_parts(mask, [1.0] * len(shape), 2.0)) == []


def test_a_transposed_mask_has_the_transposed_box():
    mask = torch.zeros(4, 9, 6, dtype=torch.bool)
    mask[1:3, 2:8, 5] = True
    assert tight_box(mask.permute(2, 0, 1)) == (slice(5, 6), slice(1, 3), slice(2, 8))


@CLAIM
@given(mask=SPARSE, gap=st.floats(0, 4))
def test_parts_hold_every_voxel_once_and_are_tight(mask, gap):
    spacing = [1.0, 0.7, 2.5][: mask.ndim]
    counts = torch.zeros(mask.shape)
    for box in boxes_of_parts(mask, spacing, gap):
        assert tight_box(mask[box]) == tuple(slice(0, n) for n in mask[box].shape)
        counts[box] += 1
    assert torch.equal(counts[mask], torch.ones(int(mask.sum())))
    assert counts.max() <= 1


@CLAIM
@given(mask=SPARSE, gap=st.floats(0, 4))
def test_between_two_parts_lies_a_gap_along_some_axis(mask, gap):
    spacing = [1.0, 0.7, 2.5][: mask.ndim]
    for first, second in itertools.combinations(boxes_of_parts(mask, spacing, gap), 2):
        layers = [
            max(b.start - a.stop, a.start - b.stop) for a, b in zip(first, second, strict=True)
        ]
        assert any(n >= 1 and n * s >= gap - 1e-9 for n, s in zip(layers, spacing, strict=True))


def test_lesions_apart_are_parts_of_their_own():
    mask = torch.zeros(30, 30, dtype=torch.bool)
    mask[2:5, 3], mask[20, 3:6], mask[20, 25] = True, True, True
    assert len(list(boxes_of_parts(mask, [1.0, 1.0], 5.0))) == 3
    assert len(list(boxes_of_parts(mask, [1.0, 1.0], 18.0))) == 2
    assert len(list(boxes_of_parts(mask, [1.0, 1.0], 25.0))) == 1


def test_a_small_box_is_not_worth_cutting(monkeypatch):
    mask = torch.zeros(30, dtype=torch.bool)
    mask[0] = mask[-1] = True
    assert len(list(boxes_of_parts(mask, [1.0], 2.0))) == 2
    monkeypatch.setattr(boxes, "WORTH_CUTTING", 100)
    assert list(boxes_of_parts(mask, [1.0], 2.0)) == [(slice(0, 30),)]


MASK = torch.eye(3, dtype=torch.bool)
MEASURED = {
    "margin_mm": [
        lambda spacing, length: box_around(MASK, spacing, length),
        lambda spacing, length: box_around(torch.zeros_like(MASK), spacing, length),
        lambda spacing, length: grow_box((slice(0, 1), slice(1, 2)), spacing, length),
    ],
    "gap_mm": [lambda spacing, length: list(boxes_of_parts(MASK, spacing, length))],
}
CALLS = [(name, call) for name, calls in MEASURED.items() for call in calls]


@pytest.mark.parametrize(("name", "call"), CALLS)
@pytest.mark.parametrize("length", [-1.0, math.nan, math.inf, "1"])
def test_a_length_that_is_none_is_refused_by_name_of_an_empty_mask_too(name, call, length):
    rule = rf"^Parameter `{name}` should be a finite number, at least 0\. Found `{name} = {length}`"
    with pytest.raises(ParameterError, match=rule):
        call([1.0, 1.0], length)


@pytest.mark.parametrize("call", [call for _, call in CALLS])
@pytest.mark.parametrize("spacing", [[0.0, 1.0], [1.0, math.nan], [1.0], [1.0] * 3])
def test_a_spacing_that_is_not_one_length_an_axis_is_refused_by_name(call, spacing):
    with pytest.raises(ParameterError, match=r"^Parameter `spacing_mm` should .* Found"):
        call(spacing, 1.0)
