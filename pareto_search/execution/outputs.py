"""What a trial prints, in a file of its own on the sweep's storage, where every host can read it.

Ray Tune would write it beside the worker, where it ends with the worker's node.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO


@contextmanager
def printing_to(path: Path) -> Iterator[None]:
    """What this process prints in the block, on stdout or stderr, is also added to `path`.

    There is no file before something is printed. A file that cannot be written is no reason to
    fail. Streams that were taken hold of in an earlier block, as `logging` does, write to the file
    of the present one.
    """
    with _File(path) as file, ExitStack() as pointed:
        for stream in _both():
            pointed.callback(stream.point_to, None)
            stream.point_to(file)
        yield


def _both() -> tuple["_Stream", "_Stream"]:
    """Stdout and stderr, replaced for good by the first trial of this process."""
    if not isinstance(sys.stdout, _Stream):
        sys.stdout = _Stream(sys.stdout)
    if not isinstance(sys.stderr, _Stream):
        sys.stderr = _Stream(sys.stderr)
    return sys.stdout, sys.stderr


class _File:
    """Holds the file at `path`, open from the first text on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: TextIO | None = None

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened:
            with suppress(OSError):
                self._opened.close()

    def add(self, text: str) -> None:
        with suppress(OSError):
            if self._opened is None:
                self._path.parent.mkdir(exist_ok=True)
                self._opened = self._path.open("a", buffering=1, encoding="utf-8", errors="replace")
            self._opened.write(text)


class _Stream(io.TextIOBase):
    """Writes to the stream it replaces, and to the file it points to."""

    def __init__(self, own: TextIO) -> None:
        self._own = own
        self._file: _File | None = None

    def point_to(self, file: _File | None) -> None:
        self._file = file

    def write(self, text: str) -> int:
        if self._file and text:
            self._file.add(text)
        return self._own.write(text)

    def flush(self) -> None:
        self._own.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._own.isatty()

    def fileno(self) -> int:
        return self._own.fileno()
