"""Training patches: drawn at random, flipped at random, repeatable from a saved state."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from trainables.data.preprocessing import PreparedCase

Size = tuple[int, int, int]

FAR = 127
"""Steps of the farthest distance."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B patches of one size X x Y x Z; C regions, M modalities.

    `image` float32 (B, M, X, Y, Z); `label` bool, `phi` and `depth` int8 in steps of 1/16 mm (see
    `trainables.compact`), each (B, C, X, Y, Z); `spacing_mm` (B, 3).
    """

    image: Tensor
    label: Tensor
    phi: Tensor
    depth: Tensor
    spacing_mm: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same patches on `device`; the spacings stay on the CPU, where they are read."""
        image, label, phi, depth = (
            tensor.to(device) for tensor in (self.image, self.label, self.phi, self.depth)
        )
        return Batch(image, label, phi, depth, self.spacing_mm)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patch lies: the number of its case, its box there (X, Y, Z), and the axes flipped.

    The box is one of the case as it is padded; axes count as in (C, X, Y, Z).
    """

    number: int
    box: tuple[slice, ...]
    flipped: tuple[int, ...]

    def show(self, padded: Tensor) -> Tensor:
        """The patch of a tensor (C, X, Y, Z) on the padded grid of the case."""
        return padded[(slice(None), *self.box)].flip(self.flipped)


class PatchSampler:
    """Draws batches; holds the cases, where their lesions are, and one generator.

    Each patch comes from a case drawn uniformly. With probability `foreground` it is centred on a
    voxel of one of the case's regions, each region that is there being as likely, so that small
    ones are seen; otherwise it lies anywhere in the case. Each axis is flipped with probability
    1/2, in image, label, phi and depth alike. A case smaller than the patch is padded: image 0,
    label background, far from any interface.
    """

    def __init__(
        self,
        cases: Sequence[PreparedCase],
        patch_size: Size,
        batch_size: int,
        foreground: float,
        seed: int,
    ) -> None:
        """Draw `batch_size` patches of `patch_size` voxels at a time from `cases`."""
        self._cases = [_pad_to(case, patch_size) for case in cases]
        self._size = patch_size
        self._batch_size = batch_size
        self._foreground = foreground
        self._lesions = [_voxels_by_region(case.label) for case in self._cases]
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self) -> Batch:
        """The next batch."""
        return self.cut(self.draw_places())

    def draw_places(self) -> list[Place]:
        """Where the next batch lies; `cut` makes it."""
        return [self._draw_place() for _ in range(self._batch_size)]

    def cut(self, places: Sequence[Place]) -> Batch:
        """The batch at `places`."""
        patches = [self._cut_one(place) for place in places]
        return Batch(*(torch.stack(parts) for parts in zip(*patches, strict=True)))

    def cut_like(self, tensor: Tensor, place: Place, beyond: float) -> Tensor:
        """The patch at `place` of a `tensor` (C, X, Y, Z) on its case's own grid.

        Where the case is padded the patch holds the value `beyond`.
        """
        return place.show(pad(tensor, _padding(tensor.shape[1:], self._size), value=beyond))

    def state(self) -> Tensor:
        """All that the next batches depend on."""
        return self._generator.get_state()

    def load_state(self, state: Tensor) -> None:
        """Go on exactly as the sampler that `state` was taken from."""
        self._generator.set_state(state)

    def _draw_place(self) -> Place:
        number = self._below(len(self._cases))
        box = self._draw_box(self._cases[number].label.shape[1:], self._lesions[number])
        return Place(number, box, tuple(axis for axis in (1, 2, 3) if self._below(2)))

    def _cut_one(self, place: Place) -> tuple[Tensor, ...]:
        case = self._cases[place.number]
        patches = (place.show(part) for part in (case.image, case.label, case.phi, case.depth))
        return *patches, torch.tensor(case.spacing_mm)

    def _draw_box(self, shape: Sequence[int], lesions: Sequence[Tensor]) -> tuple[slice, ...]:
        is_centred = float(torch.rand((), generator=self._generator)) < self._foreground
        if is_centred and lesions:
            voxels = lesions[self._below(len(lesions))]
            centre = voxels[self._below(len(voxels))].tolist()
            starts = [c - edge // 2 for c, edge in zip(centre, self._size, strict=True)]
        else:
            spare = zip(shape, self._size, strict=True)
            starts = [self._below(length - edge + 1) for length, edge in spare]
        last = [length - edge for length, edge in zip(shape, self._size, strict=True)]
        kept = [min(max(0, start), end) for start, end in zip(starts, last, strict=True)]
        return tuple(slice(a, a + edge) for a, edge in zip(kept, self._size, strict=True))

    def _below(self, bound: int) -> int:
        return int(torch.randint(bound, (), generator=self._generator))


def _voxels_by_region(label: Tensor) -> list[Tensor]:
    """The voxels (N, 3) of each region of `label` (C, X, Y, Z) that has any."""
    return [region.nonzero().to(torch.int16) for region in label if region.any()]


def _pad_to(case: PreparedCase, size: Size) -> PreparedCase:
    """`case`, at least as large as `size`."""
    widths = _padding(case.label.shape[1:], size)
    if not any(widths):
        return case
    return PreparedCase(
        case.case_id,
        pad(case.image, widths),
        pad(case.label, widths),
        pad(case.phi, widths, value=-FAR),
        pad(case.depth, widths, value=FAR),
        case.spacing_mm,
    )


def _padding(shape: Sequence[int], size: Size) -> list[int]:
    """What makes `shape` at least `size`, last axis first, shared between both ends."""
    missing = [max(0, edge - n) for edge, n in zip(size, shape, strict=True)]
    return [w for total in reversed(missing) for w in (total // 2, total - total // 2)]
