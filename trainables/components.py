"""How deep the lesion is that a voxel belongs to, or lies beside.

Components are labelled by ``scipy.ndimage.label``, on the CPU: masks on another device move there,
and the depths come back. Distances alone are of torch throughout, on whatever device they are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor

from trainables.boxes import box_around, grow_box
from trainables.distance import squared_distance
from trainables.errors import ParameterError
from trainables.ranges import check_number
from trainables.spacing import check_spacing

_TIE_MM2 = 1e-3
"""Squared distances closer than this are one distance: far above rounding, far below a voxel."""


def component_depth(
    mask: Tensor, phi: Tensor, spacing_mm: Sequence[float], limit_mm: float = 8.0
) -> Tensor:
    """The depth ``rho_k = max of phi over component k``, mm, spread to the voxels it concerns.

    A voxel inside the region gets the depth of its own connected component (neighbours share a
    face, an edge or a corner), a voxel outside that of the nearest component. Of two components
    that are equally near, the shallower counts, so that the answer does not depend on the order
    of the axes. Farther than `limit_mm` from every component, where no label is fuzzy, and in an
    empty region, the depth is `limit_mm` or a component's; it has no effect there.

    Args:
        mask: Boolean (C, *spatial).
        phi: Signed distance of `mask`, (C, *spatial), mm, on the device of `mask`.
        spacing_mm: Spacing of the spatial axes, mm, above 0.
        limit_mm: The limit that `phi` was computed with, mm, above 0.

    Returns:
        (C, *spatial), mm, between half the smallest spacing and `limit_mm`, on the device of
        `phi`; float64 if `phi` is, so that the deepest voxel reaches it exactly, else float32.

    Raises:
        ParameterError: the shapes or devices differ, or a spacing or the limit is not above 0.

    Source: our reading of arXiv 2601.19365, for small lesions' sake: `lesion_cap` of
    `trainables.fuzzy` is a part of this depth.

    >>> mask = torch.tensor([[True, False, False, False, True, True, True]])
    >>> phi = torch.tensor([[0.5, -0.5, -1.5, -0.5, 0.5, 1.5, 2.5]])
    >>> component_depth(mask, phi, [1.0])
    tensor([[0.5000, 0.5000, 0.5000, 2.5000, 2.5000, 2.5000, 2.5000]])
    """
    check_spacing(spacing_mm, mask.ndim - 1)
    check_number("limit_mm", limit_mm, gt=0)
    if mask.shape != phi.shape or mask.ndim != len(spacing_mm) + 1:
        raise ParameterError(
            "Parameters `mask` and `phi` should both be (C, *spatial), with one spacing for each "
            f"spatial axis. Found {tuple(mask.shape)}, {tuple(phi.shape)} and {len(spacing_mm)}."
        )
    if mask.device != phi.device:
        raise ParameterError(
            "Parameters `mask` and `phi` should be on one device. "
            f"Found {mask.device} and {phi.device}."
        )
    dtype = torch.float64 if phi.dtype == torch.float64 else torch.float32
    depth = torch.full(phi.shape, limit_mm, dtype=dtype, device=phi.device)
    reach_mm = limit_mm + min(spacing_mm) / 2
    for region, distance, out in zip(mask.bool(), phi, depth, strict=True):
        box = box_around(region, spacing_mm, reach_mm)
        if box is not None:
            near = distance[box].clamp(max=limit_mm)
            _spread_depths(region[box], near, spacing_mm, reach_mm, out[box])
    return depth


def _spread_depths(
    mask: Tensor, phi: Tensor, spacing_mm: Sequence[float], reach_mm: float, out: Tensor
) -> None:
    """Write the depths of one region's components, (*spatial), into `out`."""
    everywhere = np.ones((3,) * mask.ndim, dtype=bool)
    numbers, count = ndimage.label(mask.cpu().numpy(), structure=everywhere)
    depths = _deepest(phi.cpu().numpy(), numbers, count)
    if count == 1:
        out.fill_(float(depths[0]))
        return
    labels = torch.from_numpy(numbers).to(mask.device)
    nearest = torch.full(out.shape, reach_mm**2, device=out.device)
    for number, tight in enumerate(ndimage.find_objects(numbers), start=1):
        box = grow_box(tight, spacing_mm, reach_mm)
        squares = squared_distance(labels[box] == number, spacing_mm, reach_mm)
        _take_nearer(nearest[box], out[box], squares, float(depths[number - 1]), reach_mm**2)


def _deepest(
    phi: npt.NDArray[np.floating[Any]], numbers: npt.NDArray[np.int32], count: int
) -> npt.NDArray[np.floating[Any]]:
    """The largest `phi` of each of the `count` components that `numbers` number from 1.

    As `ndimage.maximum`, which sorts the whole volume to find them.
    """
    deepest = np.full(count + 1, -np.inf, dtype=phi.dtype)
    inside = numbers > 0
    np.maximum.at(deepest, numbers[inside], phi[inside])
    return deepest[1:]


def _take_nearer(
    nearest: Tensor, depths: Tensor, squares: Tensor, depth: float, far: float
) -> None:
    """Give `depth` to the voxels this component is nearest to, or shallowest among the nearest."""
    closer = squares < nearest - _TIE_MM2
    tied = (squares <= nearest + _TIE_MM2) & (squares < far) & (depths > depth)
    depths.masked_fill_(closer | tied, depth)
    torch.minimum(nearest, squares, out=nearest)
