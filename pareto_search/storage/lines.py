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
    line = json.dumps(content) + "\n"
    with path.open("ab") as file:
        if file.tell() and not _ends_with_newline(path):
            file.write(b"\n")
        file.write(line.encode())
        file.flush()
        if sync:
            os.fsync(file.fileno())


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
