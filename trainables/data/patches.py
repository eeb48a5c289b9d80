"""Training patches: drawn at random, varied at random, repeatable from a saved state."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from trainables.data.augmentation.config import AugmentationConfig
from trainables.data.augmentation.orientation import Orientation, draw_flips, draw_turns
from trainables.data.augmentation.record import Patch, draw_augmentation
from trainables.data.chance import below
from trainables.data.place import Place, Size, read_box
from trainables.data.preprocessing import PreparedCase
from trainables.data.sampling import SamplingConfig, draw_corner

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


class PatchSampler:
    """Draws batches; holds the cases, what their patches are centred on, and one generator.

    Each patch comes from a case drawn uniformly, is centred on what `SamplingConfig` says or lies
    anywhere in the case, and is varied as `AugmentationConfig` says: image, label, phi and depth
    alike. A case smaller than the patch is padded: image 0, label background, far from any
    interface. Cases are only read where a patch lies: they may be mapped from files. What is read
    moves to `device`, is varied and stays there.
    """

    def __init__(
        self,
        cases: Sequence[PreparedCase],
        patch_size: Size,
        batch_size: int,
        config: SamplingConfig,
        seed: int,
        augmentation: AugmentationConfig | None = None,
        device: torch.device | None = None,
        share: Callable[[Sequence[Place]], Sequence[Place]] = tuple,
    ) -> None:
        """Draw `batch_size` patches of `patch_size` voxels at a time from `cases`.

        Of several processes that draw the same batch each makes only its `share` of it.
        """
        self._cases = cases
        self._size = patch_size
        self._batch_size = batch_size
        self._config = config
        self._augmentation = augmentation or AugmentationConfig()
        # with its number: another thread takes an unnumbered one for the first
        self._device = torch.empty(0, device=device or "cpu").device
        self._share = share
        self._generator = torch.Generator().manual_seed(seed)
        self._state = self._generator.get_state()
        self._orders: deque[_Order] = deque()
        self._maker = _make_maker(config.prefetch)

    def draw(self) -> Batch:
        """The next batch, or this process's share of it."""
        return self._next().finish()

    def draw_places(self) -> list[Place]:
        """Where the next batch lies, all of it; `cut` makes it."""
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
        case = self._cases[number]
        turns = draw_turns(case.spacing_mm, self._augmentation, self._generator)
        size = Orientation(turns).before(self._size)
        shape = case.label.shape[1:]
        corner = draw_corner(case.points, shape, size, self._config, self._generator)
        orientation = Orientation(turns, draw_flips(self._augmentation, self._generator))
        changes = draw_augmentation(
            orientation, len(case.image), self._augmentation, self._generator
        )
        return Place(number, corner, size, changes)

    def _start(self, places: Sequence[Place]) -> Callable[[], Batch]:
        own = self._share(places)
        if self._maker is None:
            return partial(self.cut, own)
        return self._maker.submit(self.cut, own).result

    def _cut_one(self, place: Place) -> tuple[Tensor, ...]:
        case = self._cases[place.number]
        corner, size = place.source(case.spacing_mm)
        parts = ((case.image, 0), (case.label, False), (case.phi, -FAR), (case.depth, FAR))
        image, label, phi, depth = (
            _moved(read_box(tensor, corner, size, beyond), self._device) for tensor, beyond in parts
        )
        source = Patch(image.float(), label, phi, depth, case.spacing_mm)
        patch = place.augmentation.apply(source, place.size)
        return *patch[:-1], torch.tensor(patch.spacing_mm)


def _moved(box: Tensor, device: torch.device) -> Tensor:
    """`box`, on the CPU, on `device`: by way of pinned memory, so that nobody waits for it."""
    if device.type != "cuda":
        return box.to(device)
    pinned = torch.empty(box.shape, dtype=box.dtype, pin_memory=True).copy_(box)
    return pinned.to(device, non_blocking=True)


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
