"""The folder that a command writes to, looked at before any work is done for it."""

import os
from pathlib import Path

from trainables.errors import ParameterError


def check_out_folder(path: Path) -> None:
    """Look whether `path` is a folder that can be written to, or can be made; make nothing.

    Raises:
        ParameterError: it is a file, lies below a file, or may not be written to.
    """
    try:
        there = _nearest_entry(path)
        is_folder = there.is_dir()
    except OSError as error:
        raise ParameterError(f"Folder {path} should be usable. Found: {error}.") from error
    if not is_folder:
        raise ParameterError(
            f"Folder {path} should be a folder or one that can be made. Found {there}, which is "
            "none: name another."
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise ParameterError(
            f"Folder {path} should be writable. Found that {there} is not: name another."
        )


def check_empty(path: Path) -> None:
    """Look whether `path` is missing or an empty folder.

    Raises:
        ParameterError: it holds something.
    """
    if path.is_dir() and any(path.iterdir()):
        raise ParameterError(
            f"Folder {path} should be empty. Found files in it: name another, or replace cases of "
            "the same names with --overwrite."
        )


def _nearest_entry(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there; a link to nothing is there, too."""
    whole = path.absolute()
    return next(p for p in (whole, *whole.parents) if p.exists() or p.is_symlink())
