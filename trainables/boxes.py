"""Boxes around what is True in a mask, so that work is done only where it matters.

A box is a slice for each axis, as PyTorch and NumPy index with.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from trainables.ranges import check_number
from trainables.spacing import check_spacing

Box = tuple[slice, ...]

WORTH_CUTTING = 2**16
"""Voxels that a box is worth cutting from: smaller ones cost as much in calls as in voxels."""


def box_around(mask: Tensor, spacing_mm: Sequence[float], margin_mm: float) -> Box | None:
    """The smallest box around the True voxels, `margin_mm` larger on each side; None if empty.

    The box ends at the volume's edge, holds every voxel within the margin of the region, and at
    least one layer around it.

    Args:
        mask: Boolean (*spatial).
        spacing_mm: Spacing of each axis, mm, above 0.
        margin_mm: At least 0, mm.

    Raises:
        ParameterError: the margin is below 0, or the spacing is not above 0 for each axis.

    >>> box_around(torch.tensor([False, False, True, False, False, False, False]), [1.0], 2.0)
    (slice(0, 5, None),)
    """
    _check_lengths(mask.ndim, spacing_mm, "margin_mm", margin_mm)
    tight = tight_box(mask)
    return None if tight is None else grow_box(tight, spacing_mm, margin_mm)


def boxes_of_parts(mask: Tensor, spacing_mm: Sequence[float], gap_mm: float) -> Iterator[Box]:
    """Tight boxes that together hold every True voxel of `mask` (*spatial), none of them twice.

    Where an empty slab of at least `gap_mm`, and of one layer, parts what a box holds, the box is
    cut there, and its parts again, down to boxes that with `gap_mm` around them have fewer than
    `WORTH_CUTTING` voxels. So between two boxes there always is an empty layer along some axis.

    Args:
        mask: Boolean (*spatial).
        spacing_mm: Spacing of each axis, mm, above 0.
        gap_mm: At least 0, mm.

    Raises:
        ParameterError: at the first box, the gap is below 0, or the spacing is not above 0 for
            each axis.

    >>> mask = torch.zeros(1000, 100, dtype=torch.bool)
    >>> mask[3, 5] = mask[900:904, 90] = True
    >>> list(boxes_of_parts(mask, [1.0, 1.0], gap_mm=8.0))
    [(slice(3, 4, None), slice(5, 6, None)), (slice(900, 904, None), slice(90, 91, None))]
    """
    _check_lengths(mask.ndim, spacing_mm, "gap_mm", gap_mm)
    tight = tight_box(mask)
    if tight is None:
        return
    pieces = _pieces(mask, tight, spacing_mm, gap_mm)
    if len(pieces) == 1:
        yield tight
        return
    for piece in pieces:
        for part in boxes_of_parts(mask[piece], spacing_mm, gap_mm):
            yield tuple(
                slice(outer.start + inner.start, outer.start + inner.stop)
                for outer, inner in zip(piece, part, strict=True)
            )


def tight_box(mask: Tensor) -> Box | None:
    """The smallest box around the True voxels of `mask` (*spatial), or None if there are none.

    The mask is looked at as numbers: their maximum along an axis is many times as fast as `any`.
    """
    if mask.numel() == 0:
        return None
    numbers = mask.view(torch.uint8)
    rest = tight_box(numbers.amax(0).bool()) if mask.ndim > 1 else ()
    if rest is None:
        return None
    places = _places(mask[:, *rest], axis=0)
    return (slice(places[0], places[-1] + 1), *rest) if places else None


def grow_box(box: Sequence[slice], spacing_mm: Sequence[float], margin_mm: float) -> Box:
    """`box` with a margin of at least `margin_mm` and one voxel on each side, from index 0 on.

    Its far end may lie beyond the volume's, where indexing ends by itself.

    Args:
        box: A slice for each axis, with a start and a stop.
        spacing_mm: Spacing of each axis, mm, above 0.
        margin_mm: At least 0, mm.

    Raises:
        ParameterError: the margin is below 0, or the spacing is not above 0 for each axis.

    >>> grow_box([slice(1, 3), slice(5, 6)], [1.0, 2.0], margin_mm=3.0)
    (slice(0, 6, None), slice(3, 8, None))
    """
    _check_lengths(len(box), spacing_mm, "margin_mm", margin_mm)
    return tuple(
        slice(max(0, side.start - margin), side.stop + margin)
        for side, margin in zip(box, _layers(spacing_mm, margin_mm), strict=True)
    )


def _check_lengths(num_axes: int, spacing_mm: Sequence[float], name: str, length_mm: float) -> None:
    check_spacing(spacing_mm, num_axes, least_axes=num_axes)
    check_number(name, length_mm, ge=0)


def _pieces(mask: Tensor, box: Box, spacing_mm: Sequence[float], gap_mm: float) -> list[Box]:
    """`box` cut at the empty slabs of the first axis that has any; itself where none has."""
    layers = _layers(spacing_mm, gap_mm)
    grown = math.prod(s.stop - s.start + 2 * n for s, n in zip(box, layers, strict=True))
    if grown < WORTH_CUTTING:
        return [box]
    for axis, least in enumerate(layers):
        places = _places(mask[box], axis)
        cuts = [box[axis].start + b for a, b in pairwise(places) if b - a > least]
        if cuts:
            ends = [box[axis].start, *cuts, box[axis].stop]
            sides = (slice(a, b) for a, b in pairwise(ends))
            return [(*box[:axis], side, *box[axis + 1 :]) for side in sides]
    return [box]


def _places(mask: Tensor, axis: int) -> list[int]:
    """The indices along `axis` at which `mask` has a True voxel, rising."""
    if axis > 0:  # the first axis goes first: along it, memory is read in order
        return _places(mask.view(torch.uint8).amax(0).bool(), axis - 1)
    rows = mask.flatten(1) if mask.ndim > 1 else mask[:, None]
    places: list[int] = rows.view(torch.uint8).amax(1).nonzero().flatten().tolist()
    return places


def _layers(spacing_mm: Sequence[float], length_mm: float) -> list[int]:
    """Voxels that reach at least `length_mm` along each axis; one or more."""
    return [max(1, math.ceil(length_mm / step)) for step in spacing_mm]
