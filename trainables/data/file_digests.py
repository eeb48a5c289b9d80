"""The SHA-256 of files, remembered: a large data set is read once, not at each start."""

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from trainables.data.whole_files import read_record, write_record
from trainables.errors import DataError

_SETTLED_NS = 2_000_000_000
"""A younger file may be written to again within the same tick of its clock, and look as before."""

_KEPT_PER_FILE = 4
"""Identities that are remembered of a path: nodes may each have a copy under it."""

_THREADS = 4

Remembered = dict[str, dict[str, str]]
"""By path: digests by identity."""


def digest_files(paths: Iterable[Path], memo: Path | None = None) -> Mapping[Path, str]:
    """SHA-256, in hexadecimal, of the bytes of each file.

    With a `memo` the answers are kept there, by path, size, and the times of the last change of
    content and of status, to the nanosecond: so a file whose bytes change is read again, also
    where its old times are put back, and one that merely was touched is. A memo that is missing,
    damaged or cannot be written to costs time and nothing else.

    Args:
        paths: Files; links are followed.
        memo: File of digests found before.

    Raises:
        DataError: a file cannot be read.
    """
    wanted = list(dict.fromkeys(paths))
    known = _remembered(memo)
    identities = {path: _identity(path) for path in wanted}
    found = {p: known.get(_name(p), {}).get(identities[p]) for p in wanted}
    missing = [path for path in wanted if found[path] is None]
    began_ns = time.time_ns()
    with ThreadPoolExecutor(_THREADS) as pool:
        digests = dict(zip(missing, pool.map(_digest, missing), strict=True))
    settled = {
        path: digest
        for path, digest in digests.items()
        if _is_settled(path, identities[path], began_ns)
    }
    if memo is not None and settled:
        _remember(memo, {p: (identities[p], digest) for p, digest in settled.items()})
    return {path: found[path] or digests[path] for path in wanted}


def _remembered(memo: Path | None) -> Remembered:
    values = read_record(memo) if memo is not None else None
    return {} if values is None else values  # type: ignore[return-value]  # sealed by `_remember`


def _identity(path: Path) -> str:
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _name(path: Path) -> str:
    return os.fspath(path.absolute())


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def _is_settled(path: Path, identity: str, began_ns: int) -> bool:
    """Whether the file was one and the same while it was read."""
    last_ns = max(int(part) for part in identity.split()[1:])
    return began_ns - last_ns > _SETTLED_NS and _identity(path) == identity


def _remember(memo: Path, digests: Mapping[Path, tuple[str, str]]) -> None:
    known = _remembered(memo)  # again: others may have added to it meanwhile
    for path, (identity, digest) in digests.items():
        of_path = {**known.get(_name(path), {}), identity: digest}
        known[_name(path)] = dict(list(of_path.items())[-_KEPT_PER_FILE:])
    with suppress(OSError):
        write_record(memo, known)


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError([f"File {path} should be readable. Found: {error.strerror}."])
