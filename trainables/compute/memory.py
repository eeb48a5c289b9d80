"""What runs out of memory says so in one way, wherever it happened."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from trainables.errors import OutOfMemoryError

_SIGNS = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc")
"""What torch's plain RuntimeErrors say where the processor's memory, or a library's, ran out."""


@contextmanager
def memory_errors(advice: str, what: str = "Training") -> Iterator[None]:
    """Within it, whatever an allocator raises is an `OutOfMemoryError` with this `advice`.

    >>> with memory_errors("lower `batch_size`."):
    ...     raise MemoryError
    Traceback (most recent call last):
    trainables.errors.OutOfMemoryError: Training should fit into memory. \
Found MemoryError: lower `batch_size`.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not _is_out_of_memory(error):
            raise
        found = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise OutOfMemoryError(f"{what} should fit into memory. Found {found}: {advice}") from error


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(sign in str(error) for sign in _SIGNS)
