"""Importing a library without a heavy package that it can do without."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(package: str) -> Iterator[None]:
    """Let imports of this thread, for the time of the block, not find `package`.

    One that is imported already is found all the same: it costs nothing any more.

    >>> with hidden("turtledemo"):
    ...     import turtledemo
    Traceback (most recent call last):
    ModuleNotFoundError: `turtledemo` is hidden
    """
    finder = _Hidden(package)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Hidden:
    """A finder that holds the package it hides, and the thread it hides it from."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._thread = threading.get_ident()

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Nothing, so that others look; or an error for what is hidden."""
        is_meant = name.partition(".")[0] == self._package
        if is_meant and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"`{self._package}` is hidden", name=name)
