"""Files that are there whole or not at all, however many processes write them at once."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

PARTIAL = ".partial"
"""How the name of a file ends that is still being written."""

_KEPT_FREE = 2**30
_KEPT_FREE_PART = 0.05
"""What is left of a disk for others: 1 GiB, or so much of a small disk."""

_ABANDONED_S = 24 * 3600


def write_whole(file: Path, content: bytes, modified_s: int | None = None) -> None:
    """Put `content` on the disk under a name of its own, then call it `file`, in one step.

    Its folder is made where it is missing. A process that is killed leaves a partial file at the
    most, which `remove_abandoned` finds; so does nothing else. A disk that would be all but full
    by it counts as full: journals and checkpoints may lie there too.

    Args:
        file: One that is there is replaced.
        content: What it is to hold.
        modified_s: When it says it was modified, s since 1970; now where None.

    Raises:
        OSError: the folder cannot be written to or the disk is full; no trace is left.
    """
    partial = file.with_name(f"{file.name}.{uuid.uuid4().hex}{PARTIAL}")
    file.parent.mkdir(parents=True, exist_ok=True)
    _require_space(file.parent, len(content))
    try:
        with partial.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if modified_s is not None:
            os.utime(partial, (modified_s, modified_s))
        partial.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def write_record(file: Path, values: Mapping[str, object]) -> None:
    """Write `values` to `file` as JSON behind a checksum, as `write_whole` does.

    Raises:
        OSError: as `write_whole`.
    """
    content = json.dumps(values).encode()
    write_whole(file, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def read_record(file: Path) -> dict[str, object] | None:
    """What `write_record` wrote to `file`, or None if it does not hold exactly that."""
    try:
        checksum, _, content = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    if checksum.decode(errors="replace") != hashlib.sha256(content).hexdigest():
        return None
    values: dict[str, object] = json.loads(content)
    return values


def remove_abandoned(folder: Path) -> None:
    """Remove what was being written to `folder` a day ago or longer and never came to an end."""
    with contextlib.suppress(OSError):
        for partial in folder.glob(f"*{PARTIAL}"):
            if time.time() - partial.stat().st_mtime > _ABANDONED_S:
                partial.unlink(missing_ok=True)


def _require_space(folder: Path, size: int) -> None:
    disk = shutil.disk_usage(folder)
    if disk.free - size < min(_KEPT_FREE, disk.total * _KEPT_FREE_PART):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
