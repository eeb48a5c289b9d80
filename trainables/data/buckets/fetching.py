"""Fetching what a copy lacks: several files at a time, each there whole or not at all."""

import contextlib
import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath

from trainables.data.buckets.copies import Copies, has
from trainables.data.buckets.store import Object, Store
from trainables.data.whole_files import PARTIAL, remove_abandoned
from trainables.errors import DataError

LOGGER = logging.getLogger(__name__)

_THREADS = 8
_SAY_EVERY_S = 10.0
_MB = 1e6


def fetch_missing(store: Store, objects: Sequence[Object], copies: Copies, version: str) -> None:
    """Make the copy of `version`, which `objects` are all the files of, whole.

    Raises:
        DataError: a file cannot be read or is another by now, has a name that is no path, or there
            is too little room.
        OSError: the folder cannot be written to.
    """
    refuse_names(objects)
    files = copies.files(version)
    _link_known(objects, copies, files)
    missing = [one for one in objects if not has(files / one.name, one.size)]
    copies.partial.mkdir(parents=True, exist_ok=True)
    remove_abandoned(copies.partial)
    _require_room(missing, copies.folder)
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            fetched = pool.map(partial(_fetch, store, copies.partial, files), missing)
            _say(fetched, missing, files)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    copies.seal(version, objects)


def refuse_names(objects: Sequence[Object]) -> None:
    """A name that leads out of the folder would write wherever a stranger's bucket says.

    Raises:
        DataError: there is one.
    """
    odd = [
        one.key
        for one in objects
        if PurePosixPath(one.name).is_absolute() or {"", ".", ".."} & set(one.name.split("/"))
    ]
    if odd:
        raise DataError(
            [f"Files in a bucket should have names that are paths. Found {key!r}." for key in odd]
        )


def _link_known(objects: Sequence[Object], copies: Copies, files: Path) -> None:
    """Take over what the last version has, without another copy on the disk."""
    before = copies.newest()
    if before is None:
        return
    known = copies.facts(before)
    for one in objects:
        old, new = copies.files(before) / one.name, files / one.name
        if known.get(one.name) == (one.size, one.etag) and has(old, one.size) and not new.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # a file system without links: it is fetched
                os.link(old, new)


def _require_room(missing: Sequence[Object], folder: Path) -> None:
    size, free = sum(one.size for one in missing), shutil.disk_usage(folder).free
    if size > free:
        raise DataError(
            [
                f"Folder {folder} should have room for {size / _MB:,.0f} MB. Found "
                f"{free / _MB:,.0f}: name another by TRAINABLES_CACHE."
            ]
        )


def _fetch(store: Store, folder: Path, files: Path, one: Object) -> Object:
    """Fetch `one` under another name, and call it by its own once all of it is there."""
    partial_file = folder / f"{uuid.uuid4().hex}{PARTIAL}"
    try:
        store.fetch(one, partial_file)
        (files / one.name).parent.mkdir(parents=True, exist_ok=True)
        partial_file.replace(files / one.name)
    except BaseException:
        with contextlib.suppress(OSError):
            partial_file.unlink(missing_ok=True)
        raise
    return one


def _say(fetched: Iterable[Object], missing: Sequence[Object], files: Path) -> None:
    """How far it is, every now and then, and that it is done."""
    size, done = sum(one.size for one in missing) / _MB, 0.0
    began = said = time.monotonic()
    for number, one in enumerate(fetched, start=1):
        done += one.size / _MB
        if time.monotonic() - said > _SAY_EVERY_S:
            said = time.monotonic()
            told = (number, len(missing), done, size)
            LOGGER.info("fetching data: %d of %d files, %.0f of %.0f MB", *told)
    if missing:
        end = (len(missing), size, time.monotonic() - began, files)
        LOGGER.info("fetched data: %d files, %.0f MB in %.0f s, to %s", *end)
