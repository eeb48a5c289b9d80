"""All that is done to one patch: drawn once, applied as often as one likes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.augmentation.intensity import Recolouring, draw_recolourings, recolour
from trainables.data.augmentation.orientation import Orientation
from trainables.data.augmentation.warp import Size, Warp, bend, draw_warp
from trainables.data.chance import seed


class Patch(NamedTuple):
    """A patch of M modalities and C regions, on any device.

    `image` floating (M, X, Y, Z); `label` bool, `phi` and `depth` int8 steps of 1/16 mm, each
    (C, X, Y, Z); `spacing_mm` along X, Y, Z.
    """

    image: Tensor
    label: Tensor
    phi: Tensor
    depth: Tensor
    spacing_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What is done to a patch, in this order: bent, recoloured, turned and flipped.

    Plain numbers alone, so that it can be written down; the default does nothing.
    """

    warp: Warp | None = None
    recolourings: tuple[Recolouring, ...] = ()
    orientation: Orientation = field(default_factory=Orientation)

    def source_size(self, size: Size, spacing_mm: Sequence[float]) -> Size:
        """What has to be cut for a patch of `size` before it is turned: a larger one, to bend."""
        if self.warp is None:
            return size
        margin = self.warp.margin(size, spacing_mm)
        x, y, z = (n + 2 * more for n, more in zip(size, margin, strict=True))
        return x, y, z

    def apply(self, source: Patch, size: Size) -> Patch:
        """The patch of `size` before it is turned, out of one of `source_size`."""
        image, label, phi, depth, spacing_mm = source
        if self.warp is not None:
            image, label, phi, depth = bend(image, phi, depth, self.warp, size, spacing_mm)
        if self.recolourings:
            pairs = zip(image, self.recolourings, strict=True)
            image = torch.stack([recolour(one, change, spacing_mm) for one, change in pairs])
        turn = self.orientation.apply
        spacing_mm = self.orientation.after(spacing_mm)
        return Patch(turn(image), turn(label), turn(phi), turn(depth), spacing_mm)


def draw_augmentation(
    orientation: Orientation,
    modalities: int,
    config: AugmentationConfig,
    generator: torch.Generator,
) -> Augmentation:
    """What is done to a patch of so many modalities, besides turning it.

    One number is drawn from `generator`, or none where there is nothing to draw: what follows it
    does not depend on which changes are made.
    """
    if not (config.bends or config.recolours):
        return Augmentation(orientation=orientation)
    own = torch.Generator().manual_seed(seed(generator))
    warp = draw_warp(config, own)
    changes = draw_recolourings(modalities, config, own) if config.recolours else ()
    return Augmentation(warp, changes, orientation)
