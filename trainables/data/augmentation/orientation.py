"""Flips and quarter turns of a patch: exact, for they only put voxels elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import torch
from torch import Tensor

from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.chance import below

_T = TypeVar("_T")
_EQUAL = 1e-3
"""Spacings that differ by a smaller part are equal: headers keep them in single precision."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a patch is turned and then flipped; axes count from 1, as in (C, X, Y, Z).

    Each of `turns` is two axes and a number of quarter turns, from the first axis towards the
    second.
    """

    turns: tuple[tuple[int, int, int], ...] = ()
    flipped: tuple[int, ...] = ()

    def apply(self, patch: Tensor) -> Tensor:
        """`patch` (C, X, Y, Z), turned and flipped."""
        for first, second, count in self.turns:
            patch = torch.rot90(patch, count, (first, second))
        return patch.flip(self.flipped) if self.flipped else patch

    def before(self, lengths: tuple[_T, _T, _T]) -> tuple[_T, _T, _T]:
        """What lies along X, Y, Z of a patch that has `lengths` along them once it is turned."""
        return _exchanged(lengths, self.turns[::-1])

    def after(self, lengths: tuple[_T, _T, _T]) -> tuple[_T, _T, _T]:
        """What lies along X, Y, Z once a patch is turned that has `lengths` along them.

        >>> Orientation(turns=((1, 3, 1),)).after((1.0, 2.0, 3.0))
        (3.0, 2.0, 1.0)
        """
        return _exchanged(lengths, self.turns)


def draw_turns(
    spacing_mm: Sequence[float], config: AugmentationConfig, generator: torch.Generator
) -> tuple[tuple[int, int, int], ...]:
    """Quarter turns of a patch with this spacing, along X, Y, Z, where they are asked for."""
    if not config.quarter_turns:
        return ()
    drawn = []
    for first, second in combinations((1, 2, 3), 2):
        if math.isclose(spacing_mm[first - 1], spacing_mm[second - 1], rel_tol=_EQUAL):
            drawn.append((first, second, below(4, generator)))
    return tuple(turn for turn in drawn if turn[2])


def draw_flips(config: AugmentationConfig, generator: torch.Generator) -> tuple[int, ...]:
    """The axes that are flipped."""
    return tuple(axis for axis in (1, 2, 3) if below(2, generator)) if config.flips else ()


def _exchanged(
    lengths: tuple[_T, _T, _T], turns: Sequence[tuple[int, int, int]]
) -> tuple[_T, _T, _T]:
    order = list(lengths)
    for first, second, count in turns:
        if count % 2:
            order[first - 1], order[second - 1] = order[second - 1], order[first - 1]
    return order[0], order[1], order[2]
