"""Where the copies of one address lie on a node, and which of them are whole.

::

    CACHE/mirrors/NAME-KEY/VERSION/NAME/...   the files of one state of the bucket, never changed
    CACHE/mirrors/NAME-KEY/VERSION.record     that all of them are there, written last
    CACHE/mirrors/NAME-KEY/partial/           what is being fetched
    CACHE/mirrors/NAME-KEY/lock               held by the process that fetches

A version is a state of the bucket: names, sizes and ETags of all its files. Of two versions files
that are the same lie on the disk once. A folder of a version that was removed is fetched again.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from trainables.data.buckets.address import Address
from trainables.data.buckets.store import Object
from trainables.data.whole_files import read_record, write_record


class Copies:
    """The copies of `address` in the folder `cache`; holds no more than paths."""

    def __init__(self, address: Address, cache: Path) -> None:
        key = hashlib.sha256(f"{address.bucket}/{address.folder}".encode()).hexdigest()[:16]
        self.folder = cache.absolute() / "mirrors" / f"{address.name}-{key}"
        self.partial = self.folder / "partial"
        self.lock = self.folder / "lock"
        self._name, self._table = address.name, address.table

    def root(self, version: str) -> Path:
        """What stands for the address: the folder of `version`, or the table in it."""
        return self.files(version) / self._table

    def files(self, version: str) -> Path:
        """The folder of the files of `version`; its name is that in the bucket, as layouts need."""
        return self.folder / version / self._name

    def is_whole(self, version: str) -> bool:
        """Whether every file of `version` is there."""
        sizes, files = self.facts(version), self.files(version)
        return bool(sizes) and all(has(files / name, size) for name, (size, _) in sizes.items())

    def facts(self, version: str) -> dict[str, tuple[int, str]]:
        """Size and ETag of the files of `version` by name; none where it was never whole."""
        known = read_record(self._record(version)) or {}
        return {name: tuple(facts) for name, facts in known.items()}  # type: ignore[arg-type,misc]

    def seal(self, version: str, objects: Sequence[Object]) -> None:
        """Say that `version` is whole.

        Raises:
            OSError: the folder cannot be written to.
        """
        write_record(self._record(version), {one.name: (one.size, one.etag) for one in objects})

    def newest(self) -> str | None:
        """The version that was whole last."""
        records = [path for path in self.folder.glob("*.record") if path.is_file()]
        return max(records, key=lambda path: path.stat().st_mtime).stem if records else None

    def _record(self, version: str) -> Path:
        return self.folder / f"{version}.record"


def version_of(objects: Sequence[Object]) -> str:
    """What names the state of a bucket that holds `objects`, by name."""
    told = repr([(one.name, one.size, one.etag) for one in objects])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def has(file: Path, size: int) -> bool:
    """Whether `file` is there with so many bytes; a file is never there in part."""
    try:
        return file.stat().st_size == size
    except OSError:
        return False
