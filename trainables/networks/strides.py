"""Where a network of thick slices pools, and how wide its kernels are there."""

from collections.abc import Iterator, Sequence

Triple = tuple[int, int, int]

RATIO = 2.0
"""An axis whose voxels are more than this many times the finest edge is left alone."""


def plan_strides(levels: int, spacing_mm: Sequence[float]) -> tuple[Triple, ...]:
    """The stride of each of `levels` resolutions along X, Y, Z; that of the first is 1.

    From one resolution to the next every axis is halved, but those whose spacing is more than
    `RATIO` times that of the finest axis there: so the voxels become cubes first, and a lesion
    that shows in two slices is not pooled away.

    Args:
        levels: Resolutions, at least 1.
        spacing_mm: Edges of a voxel along X, Y, Z; above 0.

    Source: the plans of nnU-Net (10.1038/s41592-020-01008-z), by the rule of MONAI's DynUNet
    pipeline. Patch sizes are checked against the plan here, not taken into it.

    >>> plan_strides(4, (1.0, 1.0, 5.0))
    ((1, 1, 1), (2, 2, 1), (2, 2, 1), (2, 2, 2))
    """
    spacings = list(_spacings(levels, spacing_mm))
    return ((1, 1, 1), *(_triple(spacing, near=2, far=1) for spacing in spacings[:-1]))


def plan_kernels(levels: int, spacing_mm: Sequence[float]) -> tuple[Triple, ...]:
    """The edges of the kernel of each resolution: 3, or 1 along axes that are not yet pooled.

    >>> plan_kernels(4, (1.0, 1.0, 5.0))
    ((3, 3, 1), (3, 3, 1), (3, 3, 3), (3, 3, 3))
    """
    return tuple(_triple(spacing, near=3, far=1) for spacing in _spacings(levels, spacing_mm))


def _spacings(levels: int, spacing_mm: Sequence[float]) -> Iterator[list[float]]:
    """The spacing at each resolution."""
    spacing = [float(edge) for edge in spacing_mm]
    for _ in range(levels):
        yield spacing
        strides = _triple(spacing, near=2, far=1)
        spacing = [edge * stride for edge, stride in zip(spacing, strides, strict=True)]


def _triple(spacing_mm: Sequence[float], near: int, far: int) -> Triple:
    """One number an axis: `near` where its spacing is near that of the finest axis, else `far`."""
    x, y, z = (near if edge <= RATIO * min(spacing_mm) else far for edge in spacing_mm)
    return x, y, z
