"""The processes that train one network together: who they are, and what they tell each other.

Whoever starts them sets the environment: ``torchrun --nproc-per-node 2 -m trainables train ...``,
`trainables.companions`, or Ray Train's TorchTrainer, which has the group made already. Every
process draws the same batch and computes its own part of it; losses, gradients and scores are those
of the whole batch.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import chain
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from trainables.errors import LostRankError, TrainablesError

T = TypeVar("T")

TIMEOUT_S = 1800
"""Seconds after which a process that waits for another takes it for lost: an epoch of one may hold
a probe, or a report to a slow host, that the others have not."""

MASTER_ADDR = "MASTER_ADDR"
MASTER_PORT = "MASTER_PORT"
"""Names of the variables that say where all meet."""

_VARIABLES = ("RANK", "WORLD_SIZE", MASTER_ADDR, MASTER_PORT)


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process is number `rank` of `size`; the methods are called by all of them together.

    Of one process alone every method answers at once, with what it was given.

    >>> Ranks(rank=1, size=2).share(["a", "b", "c"])
    ['b']
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this one speaks for all: reports, saves and prints."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> list[T]:
        """This process's own part of `items`, which all have."""
        return list(items[self.rank :: self.size])

    def join(self, rows: Sequence[T]) -> list[T]:
        """What each made of its `share`, in the order of all items."""
        if self.size == 1:
            return list(rows)
        parts: list[list[T]] = [[] for _ in range(self.size)]
        _together(lambda: dist.all_gather_object(parts, list(rows)))
        longest = max(map(len, parts))
        return list(chain(*(part[n : n + 1] for n in range(longest) for part in parts)))

    def from_first(self, value: T | None) -> T:
        """The `value` of rank 0, whatever the others gave."""
        box = [value]
        if self.size > 1:
            _together(lambda: dist.broadcast_object_list(box))
        return box[0]  # type: ignore[return-value]

    def mean(self, values: Tensor) -> Tensor:
        """The mean of `values` over all, to the same bit on each.

        Its gradient is that of this process's own `values`: `average_gradients` makes the mean.
        """
        return values if self.size == 1 else _Mean.apply(values, self.size)  # type: ignore[no-untyped-call]

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each of `tensors` by its mean over all, in one exchange."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        _together(lambda: dist.all_reduce(flat))
        parts = torch.split(flat / self.size, [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Make every gradient the mean over all.

        Not by DistributedDataParallel: it allows no `torch.autograd.grad`, which diagnostics and
        gradient-side balances live on. Its overlap of exchange and computation would gain little:
        a network of 20 MB is exchanged in a few milliseconds.
        """
        self.average([p.grad for p in parameters if p.grad is not None])

    def check_equal(self, tensors: Iterable[Tensor]) -> None:
        """Refuse to go on where `tensors` are not the same to the bit on all.

        Raises:
            TrainablesError: they differ.
        """
        if self.size == 1:
            return
        digest = sha256()
        for tensor in tensors:
            digest.update(tensor.detach().cpu().numpy().tobytes())
        found = self.join([digest.hexdigest()])
        if len(set(found)) > 1:
            raise TrainablesError(
                "Weights should be the same on every rank. Found others: are all processes of one "
                "version, and on devices of one kind?"
            )


ALONE = Ranks()
"""One process that trains by itself."""


@contextmanager
def joined_ranks(device_type: str) -> Iterator[Ranks]:
    """The processes that train together, for the time of the block; this one alone, mostly.

    A group that a host (Ray Train) has made is used and left alone.

    Args:
        device_type: cpu or cuda: what tensors will be on.

    Raises:
        LostRankError: another process has ended within the block, or did not come.
    """
    if _has_group():
        yield Ranks(dist.get_rank(), dist.get_world_size())
        return
    if not are_several():
        yield ALONE
        return
    # Imported later (an optimiser does), it would take the group for the default of its functions:
    # then no thread of the group ever ends, and one that outlives the interpreter aborts.
    import torch.distributed.nn  # noqa: F401

    # objects and tensors of the processor go through gloo
    backend = "cpu:gloo,cuda:nccl" if device_type == "cuda" else "gloo"
    _together(lambda: dist.init_process_group(backend, timeout=timedelta(seconds=TIMEOUT_S)))
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def are_several() -> bool:
    """Whether this process is one of several that train together, or are to."""
    if _has_group():
        return True
    return all(name in os.environ for name in _VARIABLES) and os.environ["WORLD_SIZE"] != "1"


def abandon() -> None:
    """Let an exchange under way fail, from another thread: one of the processes has ended.

    gloo sees that by itself. NCCL would wait for it, up to `TIMEOUT_S`.
    """
    if not _has_group() or "nccl" not in dist.get_backend_config():
        return
    backend = dist.group.WORLD._get_backend(torch.device("cuda"))  # type: ignore[union-attr]
    if hasattr(backend, "abort"):  # not in the oldest versions: there it does wait
        backend.abort()


def _has_group() -> bool:
    return dist.is_available() and dist.is_initialized()


class _Mean(torch.autograd.Function):
    """The mean over processes, added in the order of their ranks; the gradient stays at home."""

    @staticmethod
    def forward(_ctx: torch.autograd.function.FunctionCtx, values: Tensor, size: int) -> Tensor:
        parts = [torch.empty_like(values) for _ in range(size)]
        _together(lambda: dist.all_gather(parts, values.contiguous()))
        return torch.stack(parts).mean(dim=0)

    @staticmethod
    def backward(
        _ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor
    ) -> tuple[Tensor, None]:
        return gradients[0], None


def _together(exchange: Callable[[], object]) -> None:
    try:
        exchange()
    except RuntimeError as error:  # torch's DistError is one, and gloo raises it plainly
        raise LostRankError(
            "Every process of this training should go on to its end. Found that another has ended "
            f"or does not answer ({str(error).strip().splitlines()[0]}): look at its own message."
        ) from error
