"""Appending JSON lines to a file that a killed process may have left with half a line."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def append_line(path: Path, content: Mapping[str, Any], *, sync: bool = False) -> None:
    """Append `content` as one line of JSON; a torn line before it is ended first.

    With `sync` the line is on disk before this returns, not only with the operating system.
    NaN and infinities are written the way Python reads them again.
    """
    line = (json.dumps(content) + "\n").encode()
    # The driver's event loop waits here, and at each call of the system another thread (the
    # recorder) may take the interpreter: so there are few.
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            line = b"\n" + line
        while line:
            line = line[os.write(file, line) :]
        if sync:
            os.fsync(file)
    finally:
        os.close(file)
