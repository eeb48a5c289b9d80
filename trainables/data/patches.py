"""Training patches: drawn at random, flipped at random, repeatable from a saved state."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from trainables.data.chance import below
from trainables.data.preprocessing import PreparedCase
from trainables.data.sampling import SamplingConfig, Size, draw_corner
from trainables.data.sampling_points import find_points

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
    """Where a patch lies: the number of its case, its first voxel and size there, the axes flipped.

    It is on the case's own grid, and may begin below 0 and end beyond the case, which is padded
    there; axes count as in (C, X, Y, Z).
    """

    number: int
    corner: Size
    size: Size
    flipped: tuple[int, ...]

    def cut(self, tensor: Tensor, beyond: float) -> Tensor:
        """The patch of a `tensor` (C, X, Y, Z) on the case's grid, `beyond` where it is padded."""
        return read_box(tensor, self.corner, self.size, beyond).flip(self.flipped)


def read_box(tensor: Tensor, corner: Size, size: Size, beyond: float) -> Tensor:
    """The box of `tensor` (C, X, Y, Z) from `corner` on, (C, *size), `beyond` outside the tensor.

    Only what lies in the box is read, and a view is returned where all of it lies in the tensor:
    so a tensor may be mapped from a file.

    >>> read_box(torch.arange(4).view(1, 4, 1, 1), (2, 0, 0), (3, 1, 1), beyond=-1).flatten()
    tensor([ 2,  3, -1])
    """
    ends = [c + edge for c, edge in zip(corner, size, strict=True)]
    kept = [slice(max(0, c), max(0, end)) for c, end in zip(corner, ends, strict=True)]
    inside = tensor[(slice(None), *kept)]
    if inside.shape[1:] == torch.Size(size):
        return inside
    box = tensor.new_full((len(tensor), *size), beyond)
    starts = (max(0, -c) for c in corner)
    places = (slice(a, a + n) for a, n in zip(starts, inside.shape[1:], strict=True))
    box[(slice(None), *places)] = inside
    return box


class PatchSampler:
    """Draws batches; holds the cases, what their patches are centred on, and one generator.

    Each patch comes from a case drawn uniformly, and is centred on what `SamplingConfig` says or
    lies anywhere in the case. Each axis is flipped with probability 1/2, in image, label, phi and
    depth alike. A case smaller than the patch is padded: image 0, label background, far from any
    interface. Cases are only read where a patch lies: they may be mapped from files.
    """

    def __init__(
        self,
        cases: Sequence[PreparedCase],
        patch_size: Size,
        batch_size: int,
        config: SamplingConfig,
        seed: int,
    ) -> None:
        """Draw `batch_size` patches of `patch_size` voxels at a time from `cases`."""
        self._cases = cases
        self._size = patch_size
        self._batch_size = batch_size
        self._config = config
        self._points = [find_points(case.label, case.phi, case.spacing_mm) for case in cases]
        self._generator = torch.Generator().manual_seed(seed)
        self._state = self._generator.get_state()
        self._orders: deque[_Order] = deque()
        self._maker = _make_maker(config.prefetch)

    def draw(self) -> Batch:
        """The next batch."""
        return self._next().finish()

    def draw_places(self) -> list[Place]:
        """Where the next batch lies; `cut` makes it."""
        return self._next().places

    def cut(self, places: Sequence[Place]) -> Batch:
        """The batch at `places`; the same ones make the same batch."""
        patches = [self._cut_one(place) for place in places]
        return Batch(*(torch.stack(parts) for parts in zip(*patches, strict=True)))

    def state(self) -> Tensor:
        """All that the next batches depend on; batches that are made ahead are still the next."""
        return self._state

    def load_state(self, state: Tensor) -> None:
        """Go on exactly as the sampler that `state` was taken from."""
        self._orders.clear()
        self._generator.set_state(state)
        self._state = state.clone()

    def _next(self) -> "_Order":
        """What was ordered first, once there are as many orders behind it as are made ahead."""
        while len(self._orders) <= self._config.prefetch:
            places = [self._draw_place() for _ in range(self._batch_size)]
            finish = self._start(places)
            self._orders.append(_Order(places, finish, self._generator.get_state()))
        order = self._orders.popleft()
        self._state = order.state
        return order

    def _draw_place(self) -> Place:
        number = below(len(self._cases), self._generator)
        shape = self._cases[number].label.shape[1:]
        corner = draw_corner(self._points[number], shape, self._size, self._config, self._generator)
        flipped = tuple(axis for axis in (1, 2, 3) if below(2, self._generator))
        return Place(number, corner, self._size, flipped)

    def _start(self, places: Sequence[Place]) -> Callable[[], Batch]:
        if self._maker is None:
            return partial(self.cut, places)
        return self._maker.submit(self.cut, places).result

    def _cut_one(self, place: Place) -> tuple[Tensor, ...]:
        case = self._cases[place.number]
        parts = ((case.image, 0), (case.label, False), (case.phi, -FAR), (case.depth, FAR))
        patches = (place.cut(tensor, beyond) for tensor, beyond in parts)
        return *patches, torch.tensor(case.spacing_mm)


class _Order(NamedTuple):
    """A batch to be: where it lies, what waits for it or makes it, the generator's state after."""

    places: list[Place]
    finish: Callable[[], Batch]
    state: Tensor


def _make_maker(prefetch: int) -> ThreadPoolExecutor | None:
    """One thread, with as many processor threads for each operation as the caller has."""
    if not prefetch:
        return None
    threads = torch.get_num_threads()
    return ThreadPoolExecutor(1, "patches", torch.set_num_threads, (threads,))
