"""Which patches training sees: how often around a region, a boundary, a lesion, or anywhere."""

from collections.abc import Sequence
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from trainables.data.chance import below, part
from trainables.data.sampling_points import SamplingPoints
from trainables.sections import Section

Size = tuple[int, int, int]


class SamplingConfig(Section):
    """What patches are centred on, and how they are made; the rest of them lie anywhere."""

    foreground: float = Field(
        default=0.67,
        ge=0,
        le=1,
        description="Part of the patches that are centred on a voxel of a region, each region "
        "that the case has being as likely; 0 to 1.",
    )
    boundary: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Part of the patches that are centred on a voxel near the interface of a "
        "region; 0 to 1.",
    )
    lesion: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Part of the patches that are centred on a lesion, a connected component of "
        "a region, each lesion of the case being as likely, however small; 0 to 1.",
    )
    jitter: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="How far what a patch is centred on may lie off its centre, evenly along each "
        "axis, as a part of half the patch; 0 (in the centre) to 1 (anywhere in the patch).",
    )
    prefetch: int = Field(
        default=0,
        ge=0,
        le=16,
        description="Batches that a thread makes while the network is trained on the one before: "
        "0 (none, no thread) to 16. The batches are the same; more cost memory, and it pays where "
        "the processor has time: beside an accelerator, or with augmentation.",
    )

    @model_validator(mode="after")
    def _leave_nothing_below_none(self) -> Self:
        total = self.foreground + self.boundary + self.lesion
        if total > 1 + 1e-9:
            raise ValueError(
                "Parameters `sampling.foreground`, `sampling.boundary` and `sampling.lesion` "
                f"should sum to at most 1. Found {total:g}: lower one of them."
            )
        return self


def draw_corner(
    points: SamplingPoints,
    shape: Sequence[int],
    size: Size,
    config: SamplingConfig,
    generator: torch.Generator,
) -> Size:
    """The first voxel of a patch of `size` in a case of `shape`, both in voxels along X, Y, Z.

    It is on the case's own grid. A patch never leaves the case, but along an axis where the case
    is the smaller one: there it has the case in its middle, and begins below 0. What is asked for
    and not in the case, such as a lesion of a healthy one, is anywhere instead.
    """
    missing = [max(0, edge - n) for edge, n in zip(size, shape, strict=True)]
    spare = [max(0, n - edge) for edge, n in zip(size, shape, strict=True)]
    target = _draw_target(points, config, generator)
    if target is None:
        start = [below(room + 1, generator) for room in spare]
    else:
        shift = [_draw_shift(edge, config.jitter, generator) for edge in size]
        wanted = (int(v) - edge // 2 + s for v, edge, s in zip(target, size, shift, strict=True))
        start = [min(max(0, corner), room) for corner, room in zip(wanted, spare, strict=True)]
    x, y, z = (corner - gap // 2 for corner, gap in zip(start, missing, strict=True))
    return x, y, z


def _draw_target(
    points: SamplingPoints, config: SamplingConfig, generator: torch.Generator
) -> Tensor | None:
    """The voxel (3,) to centre on; None for anywhere."""
    groups = (
        (config.foreground, points.regions),
        (config.boundary, (points.boundary,)),
        (config.lesion, points.lesions),
    )
    drawn = part(generator)
    for share, group in groups:
        if drawn < share:
            return _draw_voxel([voxels for voxels in group if len(voxels)], generator)
        drawn -= share
    return None


def _draw_voxel(group: Sequence[Tensor], generator: torch.Generator) -> Tensor | None:
    if not group:
        return None
    voxels = group[below(len(group), generator)]
    return voxels[below(len(voxels), generator)]


def _draw_shift(edge: int, jitter: float, generator: torch.Generator) -> int:
    """Voxels, so few that what the patch is centred on stays in it."""
    most = int(jitter * ((edge - 1) // 2))
    return below(2 * most + 1, generator) - most if most else 0
