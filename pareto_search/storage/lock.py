"""One writer a sweep: a lock that ends with its process, however that process ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from pareto_search.errors import SweepBusyError
from pareto_search.storage.directory import SweepDirectory


@contextmanager
def writing(directory: SweepDirectory) -> Iterator[None]:
    """Be the one process that runs the sweep in `directory`, for the time of the block.

    Raises:
        SweepBusyError: another process is.
    """
    lock = _lock(directory)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise SweepBusyError(
            f"Sweep `{directory.name}` is being run by another process already. "
            f"`pareto-search status {directory.name}` shows it; end that one first."
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_running(directory: SweepDirectory) -> bool:
    """Whether some process runs the sweep in `directory` now."""
    lock = _lock(directory)
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


def _lock(directory: SweepDirectory) -> FileLock:
    return FileLock(directory.path / "lock")
