"""One writer a sweep: a lock that ends with its process, however that process ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from pareto_search.errors import SweepBusyError, UnreachableError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.stop_request import take_back
from pareto_search.storage.writer import claim, name_of_writer

_PATIENCE_S = 1.0
"""Longer than `is_running` holds the lock while it looks."""


@contextmanager
def writing(directory: SweepDirectory, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Be the one process that runs the sweep in `directory`, for the time of the block.

    Another that still does is waited for, `patience_s` seconds at most.
    A request to stop that was made before was meant for another, and none outlives the block.

    Raises:
        SweepBusyError: another process is.
        UnreachableError: the directory cannot be written.
    """
    lock = _lock(directory)
    try:
        lock.acquire(timeout=max(patience_s, _PATIENCE_S))
        take_back(directory)
        claim(directory)
    except Timeout:
        raise SweepBusyError(
            f"Sweep `{directory.name}` is being run by another process already: "
            f"{name_of_writer(directory)}. `pareto-search status {directory.name}` shows it; "
            "end that one first, or wait for it with --wait 10m."
        ) from None
    except OSError as error:
        raise UnreachableError(f"The sweep's directory cannot be written: {error}") from error
    try:
        yield
    finally:
        with suppress(OSError):
            take_back(directory)
        lock.release()


def is_running(directory: SweepDirectory) -> bool:
    """Whether some process runs the sweep in `directory` now."""
    lock = _lock(directory)
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a directory that cannot be written has no writer
        return False


def _lock(directory: SweepDirectory) -> FileLock:
    return FileLock(directory.path / "lock")
