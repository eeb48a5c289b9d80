"""The folder where prepared cases are kept between runs, and for all trials and nodes at once.

::

    FOLDER/cases/KEY-0.safetensors   a prepared case, or block 0 of it; see `entries`
    FOLDER/digests/ROOT.record       SHA-256 of the raw files of a data set; see `file_digests`
    FOLDER/passed/KEY.record         a check that a data set passed; see `passed_checks`
    FOLDER/mirrors/                  copies of data that lie in a bucket; see `buckets.mirror`
    FOLDER/locks/                    so that two trials do not prepare one case twice

The folder or any file in it may be removed at any time: what is missing is made anew, also under a
run.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from trainables.data.config import AUTO, MEMORY, DataConfig

FOLDER_VARIABLE = "TRAINABLES_CACHE"
"""Environment variable that names the folder of ``data.cache: auto``."""

_LOCKS = 256
"""Cases share so many locks, so that there are not as many files as cases."""

_PATIENCE_S = 600.0
"""So long another process is waited for. It takes seconds; but a lock may be a lost node's."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Where the parts of the cache in `folder` are, for one data set; `memo` is of its digests."""

    folder: Path
    memo: Path

    @property
    def cases(self) -> Path:
        """Folder of the prepared cases."""
        return self.folder / "cases"

    @property
    def passed(self) -> Path:
        """Folder of the checks that were passed."""
        return self.folder / "passed"

    @contextlib.contextmanager
    def claim(self, key: str, wait: bool) -> Iterator[bool]:
        """Whether, within the block, the entry called `key` is this thread's to make.

        It is nobody else's then, as long as the folder stays: who comes after it was removed
        makes a lock of their own. Where the folder has no locks it is everybody's. Entries are
        written whole all the same.

        Args:
            key: 64 hexadecimal digits.
            wait: For whoever has it, ten minutes at the most; after that it is ours too.
        """
        lock = FileLock(self.folder / "locks" / f"{int(key[:8], 16) % _LOCKS:02x}.lock")
        is_ours = True
        with contextlib.suppress(OSError, NotImplementedError):  # no locks on this file system
            try:
                lock.acquire(timeout=_PATIENCE_S if wait else 0)
            except Timeout:
                is_ours = wait
        try:
            yield is_ours
        finally:
            lock.release()


def find_cache(config: DataConfig) -> Cache | None:
    """The cache that ``data.cache`` names; None where it is ``memory``."""
    if config.cache == MEMORY:
        return None
    folder = cache_folder(config)
    place = hashlib.sha256(os.fspath(Path(config.root).absolute()).encode()).hexdigest()
    return Cache(folder.absolute(), folder.absolute() / "digests" / f"{place[:32]}.record")


def cache_folder(config: DataConfig) -> Path:
    """The folder that ``data.cache`` names; the default one where it is ``memory``."""
    return default_folder() if config.cache in (AUTO, MEMORY) else Path(config.cache)


def default_folder() -> Path:
    """`FOLDER_VARIABLE`, else ``pareto-search`` in the user's folder for caches."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(caches) / "pareto-search"  # Path.home() would fail where there is no home
