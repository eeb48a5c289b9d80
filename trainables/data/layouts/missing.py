"""What is said of a folder that has none of the layouts it could have."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from trainables.data.layouts.case_folders import SUFFIXES

_MOST = 20
"""Folders that are looked into."""


def say_what_is_missing(
    root: Path, wanted: Sequence[str], is_laid_out: Callable[[Path], bool], any_names: str
) -> str:
    """What `root` should hold and what it does; or which folder in it was probably meant.

    Args:
        root: A folder, or a table that cannot be one.
        wanted: What would do, one for each layout; they end "The data folder should hold ...".
        is_laid_out: Whether a folder has one of these layouts.
        any_names: The one of `wanted`, if it is there, that takes images of any names: it is said
            first where there are images.
    """
    inside = sorted(root.iterdir()) if root.is_dir() else []
    entries = [path for path in inside if path.name[0] not in "._"]
    folders = [path for path in entries if path.is_dir()]
    meant = [str(folder) for folder in _laid_out(folders[:_MOST], is_laid_out)]
    if meant:
        return (
            f"Data folder {root} should be that of one data set. Found {len(meant)} in it: did "
            f"you mean {' or '.join(meant[:3])}?"
        )
    num_images = sum(path.is_file() and path.name.endswith(SUFFIXES) for path in entries)
    if any_names in wanted and (num_images or any(map(_holds_images, folders[:_MOST]))):
        others = [text for text in wanted if text != any_names]
        wanted = [f"{any_names}, which takes files of any names", *others]
    found = _found(num_images, [folder.name for folder in folders])
    return f"Data folder {root} should hold {'; or '.join(wanted)}. Found {found}."


def _laid_out(folders: Sequence[Path], is_laid_out: Callable[[Path], bool]) -> Iterator[Path]:
    for folder in folders:
        with contextlib.suppress(OSError):  # a folder that cannot be read is not meant
            if is_laid_out(folder):
                yield folder


def _holds_images(folder: Path) -> bool:
    """Whether any image lies in `folder` or in a folder in it."""
    patterns = [f"{deeper}[!.]*{suffix}" for deeper in ("", "[!.]*/") for suffix in SUFFIXES]
    return any(True for pattern in patterns for _ in folder.glob(pattern))


def _found(num_images: int, folders: Sequence[str]) -> str:
    """In words, what is directly in a folder."""
    found = []
    if num_images:
        found.append(f"{num_images} image file{'s' * (num_images > 1)} directly in it")
    if folders:
        some = ", ".join(folders[:3]) + (", ..." if len(folders) > 3 else "")
        found.append(f"{len(folders)} folder{'s' * (len(folders) > 1)} without such files ({some})")
    return " and ".join(found) or "none"
