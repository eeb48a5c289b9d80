"""Signed distance to the interface of a region, in millimetres."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from trainables.errors import ParameterError

_SLACK = 1 + 1e-5
"""Lengths looked along are this much longer than needed, so that rounding cuts none short."""


def signed_distance(mask: Tensor, spacing_mm: Sequence[float], limit_mm: float = 8.0) -> Tensor:
    """Distance to the interface, positive inside, clipped to [-limit_mm, limit_mm].

    With ``d_out`` the distance from a voxel's centre to the nearest centre outside the region,
    ``d_in`` to the nearest centre inside it, and ``h = s_min / 2`` half the smallest spacing::

        phi = d_out - h   inside        phi = -(d_in - h)   outside

    Both distances are Euclidean, of voxel centres, and exact up to the limit. The interface lies
    half a voxel from a centre, and half of the *smallest* spacing is taken in every direction: so
    ``|phi| >= h`` on every voxel, ``phi > 0`` exactly on the mask, and the complement of a region
    has exactly the opposite distance, at any anisotropy. The edge of the volume is no interface:
    what lies beyond it is unknown. Compute it on the whole volume, before any crop.

    Args:
        mask: Boolean (..., *spatial): one trailing axis for each spacing, leading axes are
            independent regions.
        spacing_mm: Distance between voxel centres along each spatial axis, mm, above 0.
        limit_mm: Largest distance that is told apart, mm, above 0.

    Returns:
        float32 of the shape of `mask`, in mm. An empty region is -limit_mm everywhere, a region
        that fills the volume limit_mm.

    Raises:
        ParameterError: a spacing or the limit is not a finite number above 0, or the mask has
            fewer axes than there are spacings.

    >>> signed_distance(torch.tensor([False, False, True, True, True]), [1.0])
    tensor([-1.5000, -0.5000,  0.5000,  1.5000,  2.5000])
    """
    check_spacing(spacing_mm, mask.ndim)
    check_millimetres("limit_mm", limit_mm)
    mask = mask.bool()
    spatial = mask.shape[mask.ndim - len(spacing_mm) :]
    signed = torch.empty(mask.shape, dtype=torch.float32, device=mask.device)
    for region, out in zip(mask.reshape(-1, *spatial), signed.view(-1, *spatial), strict=True):
        _signed_distance_of_one(region, spacing_mm, limit_mm, out)
    return signed


def check_spacing(spacing_mm: Sequence[float], num_axes: int) -> None:
    """Refuse a spacing that is not positive and finite, or longer than the axes it describes."""
    for spacing in spacing_mm:
        check_millimetres("spacing_mm", spacing)
    if not 1 <= len(spacing_mm) <= num_axes:
        raise ParameterError(
            f"Parameter `spacing_mm` should have between 1 and {num_axes} numbers, one for each "
            f"spatial axis. Found {len(spacing_mm)}."
        )


def check_millimetres(name: str, value: float) -> None:
    """Refuse a length that is not a finite number above 0."""
    if not (math.isfinite(value) and value > 0):
        raise ParameterError(
            f"Parameter `{name}` should be finite and above 0 mm. Found `{name} = {value}`."
        )


def _signed_distance_of_one(
    mask: Tensor, spacing_mm: Sequence[float], limit_mm: float, out: Tensor
) -> None:
    """Write the distance of one region (*spatial) into `out`, working in its box alone."""
    half = min(spacing_mm) / 2
    reach_mm = (limit_mm + half) * _SLACK
    out.fill_(-limit_mm)
    tight = _tight_box(mask)
    if tight is None:
        return
    wide = grow_box(tight, spacing_mm, limit_mm + half)
    to_inside = squared_distance(mask[wide], spacing_mm, reach_mm)
    out[wide] = (to_inside.sqrt_() - half).clamp_(half, limit_mm).neg_()
    # What is nearest to an inside voxel lies no farther out than the layer around the region.
    close = grow_box(tight, spacing_mm, 0.0)
    inside = mask[close]
    to_outside = squared_distance(~inside, spacing_mm, reach_mm)
    depth = (to_outside.sqrt_() - half).clamp_(half, limit_mm)
    out[close] = torch.where(inside, depth, out[close])


def box_around(
    mask: Tensor, spacing_mm: Sequence[float], margin_mm: float
) -> tuple[slice, ...] | None:
    """The smallest box around the True voxels, `margin_mm` larger on each side; None if empty.

    The box ends at the volume's edge, holds every voxel within the margin of the region, and at
    least one layer around it.
    """
    tight = _tight_box(mask)
    return None if tight is None else grow_box(tight, spacing_mm, margin_mm)


def _tight_box(mask: Tensor) -> tuple[slice, ...] | None:
    """The smallest box around the True voxels of `mask`, or None if there are none.

    The mask is looked at as numbers: their maximum along an axis is many times as fast as `any`.
    """
    if mask.numel() == 0:
        return None
    numbers = mask.view(torch.uint8)
    rest = _tight_box(numbers.amax(0).bool()) if mask.ndim > 1 else ()
    if rest is None:
        return None
    hits = numbers[:, *rest].flatten(1).amax(1) if rest else numbers
    (places,) = hits.nonzero(as_tuple=True)
    return (slice(int(places[0]), int(places[-1]) + 1), *rest) if len(places) else None


def grow_box(
    box: Sequence[slice], spacing_mm: Sequence[float], margin_mm: float
) -> tuple[slice, ...]:
    """`box` with a margin of at least `margin_mm` and one voxel on each side, from index 0 on."""
    margins = [max(1, math.ceil(margin_mm / step)) for step in spacing_mm]
    return tuple(
        slice(max(0, side.start - margin), side.stop + margin)
        for side, margin in zip(box, margins, strict=True)
    )


def squared_distance(target: Tensor, spacing_mm: Sequence[float], reach_mm: float) -> Tensor:
    """Squared distance to the nearest True voxel, mm², or ``reach_mm ** 2`` where none is nearer.

    A separable min-plus pass: the minimum over x' of ``g(x') + |x - x'|²`` is taken along one
    axis after another, over ``|x - x'| <= reach_mm`` only, starting from ``g = 0`` on the target
    and ``reach_mm ** 2`` off it. It is exact up to `reach_mm` at any spacing, since no shortest
    way is longer along an axis than in all. An axis is looked along no farther than the largest
    distance that the axes before it have left, as nothing farther away could lower it.

    Args:
        target: Boolean (..., *spatial); leading axes are independent.
        spacing_mm: Spacing of the trailing spatial axes, mm.
        reach_mm: Largest distance looked for, mm.

    Returns:
        float32 of the shape of `target`, mm².
    """
    squares = torch.where(target, 0.0, reach_mm**2)
    for axis, step in enumerate(spacing_mm, start=target.ndim - len(spacing_mm)):
        squares = _min_plus(squares, axis, step, reach_mm)
        if squares.numel():
            reach_mm = min(reach_mm, math.sqrt(float(squares.amax())) * _SLACK)
    return squares


def _min_plus(squares: Tensor, axis: int, step: float, reach_mm: float) -> Tensor:
    """One pass along `axis`: the minimum over k of ``squares`` moved by k, plus (k step)²."""
    length = squares.shape[axis]
    lowest, moved = squares.clone(), torch.empty_like(squares)
    for k in range(1, min(length - 1, int(reach_mm / step)) + 1):
        torch.add(squares, (k * step) ** 2, out=moved)
        rest = length - k
        for to, source in ((0, k), (k, 0)):
            part = lowest.narrow(axis, to, rest)
            torch.minimum(part, moved.narrow(axis, source, rest), out=part)
    return lowest
