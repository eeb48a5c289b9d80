"""Signed distance to the interface of a region, in millimetres."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from trainables.boxes import boxes_of_parts, grow_box
from trainables.errors import ParameterError
from trainables.ranges import check_number
from trainables.spacing import check_spacing

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
        that fills the volume limit_mm. A volume without voxels has no distances.

    Raises:
        ParameterError: a spacing or the limit is not a finite number above 0, the mask has fewer
            axes than there are spacings, or is floating (a probability has no interface yet).

    Source: the interface half a voxel from the centres is our reading of arXiv 2601.19365; the
    transform is that of `squared_distance`.

    >>> signed_distance(torch.tensor([False, False, True, True, True]), [1.0])
    tensor([-1.5000, -0.5000,  0.5000,  1.5000,  2.5000])
    """
    check_spacing(spacing_mm, mask.ndim)
    check_number("limit_mm", limit_mm, gt=0)
    if mask.is_floating_point():
        raise ParameterError(f"Parameter `mask` should be boolean. Found {mask.dtype}.")
    mask = mask.bool()
    signed = torch.empty(mask.shape, dtype=torch.float32, device=mask.device)
    if not mask.numel():
        return signed
    spatial = mask.shape[mask.ndim - len(spacing_mm) :]
    for region, out in zip(mask.reshape(-1, *spatial), signed.view(-1, *spatial), strict=True):
        _signed_distance_of_one(region, spacing_mm, limit_mm, out)
    return signed


def _signed_distance_of_one(
    mask: Tensor, spacing_mm: Sequence[float], limit_mm: float, out: Tensor
) -> None:
    """Write the distance of one region (*spatial) into `out`, working around its parts alone."""
    half = min(spacing_mm) / 2
    out.fill_(-limit_mm)
    for part in boxes_of_parts(mask, spacing_mm, limit_mm + half):
        wide = grow_box(part, spacing_mm, limit_mm + half)
        outside = _distance(mask[wide], spacing_mm, limit_mm).neg_()
        # Two parts may share a margin; the nearer one counts there.
        out[wide] = torch.maximum(out[wide], outside)
        # What is nearest to an inside voxel lies no farther out than the layer around its part.
        close = grow_box(part, spacing_mm, 0.0)
        inside = _distance(~mask[close], spacing_mm, limit_mm)
        out[close] = torch.where(mask[close], inside, out[close])


def _distance(target: Tensor, spacing_mm: Sequence[float], limit_mm: float) -> Tensor:
    """Distance to the interface of `target` (*spatial) from outside it, in [h, limit_mm]."""
    half = min(spacing_mm) / 2
    squares = squared_distance(target, spacing_mm, (limit_mm + half) * _SLACK)
    return (squares.sqrt_() - half).clamp_(half, limit_mm)


def squared_distance(target: Tensor, spacing_mm: Sequence[float], reach_mm: float) -> Tensor:
    """Squared distance to the nearest True voxel, mm², or ``reach_mm ** 2`` where none is nearer.

    A separable min-plus pass: the minimum over x' of ``g(x') + |x - x'|²`` is taken along one
    axis after another, over ``|x - x'| <= reach_mm`` only, starting from ``g = 0`` on the target
    and ``reach_mm ** 2`` off it. It is exact up to `reach_mm` at any spacing, since no shortest
    way is longer along an axis than in all. An axis is looked along no farther than the largest
    distance that the axes before it have left, as nothing farther away could lower it.

    Args:
        target: Boolean (..., *spatial); leading axes are independent.
        spacing_mm: Spacing of the trailing spatial axes, mm, above 0.
        reach_mm: Largest distance looked for, mm, above 0.

    Returns:
        float32 of the shape of `target`, mm²; ``reach_mm ** 2`` everywhere without a target.

    Raises:
        ParameterError: a spacing or the reach is not a finite number above 0, or the target has
            fewer axes than there are spacings.

    Source: the separable minimum of a sampled function plus a parabola is Felzenszwalb and
    Huttenlocher (2012), Theory of Computing 8:415-428; here by all shifts within the reach, which
    tensors take at once, instead of by the lower envelope.

    >>> squared_distance(torch.tensor([True, False, False, False]), [1.5], reach_mm=4.0)
    tensor([ 0.0000,  2.2500,  9.0000, 16.0000])
    """
    check_spacing(spacing_mm, target.ndim)
    check_number("reach_mm", reach_mm, gt=0)
    squares = torch.where(target, 0.0, reach_mm**2)
    lowest, moved = torch.empty_like(squares), torch.empty_like(squares)
    for axis, step in enumerate(spacing_mm, start=target.ndim - len(spacing_mm)):
        _min_plus(squares, axis, step, reach_mm, lowest, moved)
        squares, lowest = lowest, squares
        if squares.numel():
            reach_mm = min(reach_mm, math.sqrt(float(squares.amax())) * _SLACK)
    return squares


def _min_plus(
    squares: Tensor, axis: int, step: float, reach_mm: float, lowest: Tensor, moved: Tensor
) -> None:
    """Write the minimum over k of `squares` moved by k along `axis`, plus (k step)², to `lowest`.

    `moved` is memory to work in: fresh memory for each pass would cost as much as the pass.
    """
    length = squares.shape[axis]
    lowest.copy_(squares)
    for k in range(1, min(length - 1, int(reach_mm / step)) + 1):
        torch.add(squares, (k * step) ** 2, out=moved)
        rest = length - k
        for to, source in ((0, k), (k, 0)):
            part = lowest.narrow(axis, to, rest)
            torch.minimum(part, moved.narrow(axis, source, rest), out=part)
