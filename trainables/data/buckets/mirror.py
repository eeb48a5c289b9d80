"""The copy of what lies in a bucket, on this node: fetched once, for all trials that run there."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from trainables.data.buckets.address import Address
from trainables.data.buckets.copies import Copies, version_of
from trainables.data.buckets.fetching import fetch_missing
from trainables.data.buckets.store import Store
from trainables.errors import DataError

LOGGER = logging.getLogger(__name__)

_SAY_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Mirror:
    """A whole copy: `root` is what stands for the address, `version` names the bucket's state."""

    root: Path
    version: str


def mirror(address: Address, cache: Path, version: str | None = None) -> Mirror:
    """The copy of `address` below `cache`; what it lacks is fetched, by one process on this node.

    Who comes meanwhile waits. A process that is killed leaves no half file, and the next goes on
    with what is missing.

    Args:
        address: Where the data lie.
        cache: Folder that may be on the node's own disk, or shared by several nodes.
        version: The state that is wanted, for which the bucket is not asked where it is there;
            what the bucket holds now where None.

    Raises:
        DataError: the bucket cannot be read, is in another state than `version`, or has a name
            that is none of a file; the disk is full or cannot be written to.
    """
    copies = Copies(address, cache)
    if version is not None and copies.is_whole(version):
        return Mirror(copies.root(version), version)
    try:
        with _alone(copies.lock, address):
            if version is None or not copies.is_whole(version):  # nobody did it meanwhile
                version = _update(address, copies, version)
    except OSError as error:
        raise DataError(
            [f"Folder {copies.folder} should hold a copy of {address.url}. Found: {error}."]
        ) from error
    return Mirror(copies.root(version), version)


def _update(address: Address, copies: Copies, wanted: str | None) -> str:
    """Copy what the bucket holds now; the version of that."""
    store = Store(address)
    objects = store.list_objects()
    found = version_of(objects)
    if wanted not in (None, found):
        raise DataError(
            [
                f"{address.url} should hold what it did when the sweep began, which this node has "
                "no copy of. Found that files there were changed since: put them back, or start "
                "another sweep."
            ]
        )
    if not copies.is_whole(found):
        fetch_missing(store, objects, copies, found)
    return found


@contextlib.contextmanager
def _alone(file: Path, address: Address) -> Iterator[None]:
    """Within it no other process of this node fetches; a lock ends with its process.

    Where the file system has no locks, each fetches for itself; files are whole all the same.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lock, is_waiting = FileLock(file), True
    while is_waiting:
        try:
            with contextlib.suppress(NotImplementedError):
                lock.acquire(timeout=_SAY_EVERY_S)
            is_waiting = False
        except Timeout:
            LOGGER.info("waiting for another process that fetches %s", address.url)
    try:
        yield
    finally:
        lock.release()
