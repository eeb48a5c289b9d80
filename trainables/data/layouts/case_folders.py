"""Folders that hold one case each, files named after their folder and what they are in it.

``NAME/NAME-ROLE.nii[.gz]``: whether upper or lower case and by which of ``-``, ``_``, ``.`` and
space parts are joined does not matter, for releases differ in it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trainables.data.cases import Case
from trainables.data.layouts.patients import patient_of
from trainables.data.modalities import find_modality

SUFFIXES = (".nii.gz", ".nii")
"""Of image files; where both are there, the first counts."""
_DEPTH = 4
"""Folders between the root and a case: releases come as PACKAGE/PART/SITE/CASE."""
Roles = Mapping[str, Path]


def roles_below(root: Path) -> set[str]:
    """What the files of all cases below `root` are, in lower case."""
    return {role for folder in case_folders(root) for role in _roles_of(folder)}


def case_folders(root: Path) -> list[Path]:
    """Every folder below `root` that holds a case, and those beside one that should, by name.

    Folders whose name begins with a dot or an underscore are passed over. `root` itself may be
    the folder of one case.
    """
    if _roles_of(root.absolute()):
        return [root.absolute()]
    return sorted(_walk(root, _DEPTH), key=lambda folder: (folder.name, folder))


def read_folder(folder: Path, modalities: Sequence[str], joint: str) -> Case:
    """The case in `folder`, whose files may have other names of the `modalities` too.

    A modality that is missing is expected under its own name, behind the `joint`.
    """
    roles = _roles_of(folder)
    places = [find_modality(modality, list(roles)) for modality in modalities]
    images = (
        folder / f"{folder.name}{joint}{modality}.nii.gz"
        if place is None
        else [*roles.values()][place]
        for modality, place in zip(modalities, places, strict=True)
    )
    raters = [p for p in (folder / "raters").glob("[!.]*") if p.name.endswith(SUFFIXES)]
    return Case(
        folder.name,
        patient_of(folder.name),
        tuple(images),
        tuple(modalities),
        roles.get("seg"),
        roles.get("truth"),
        tuple(sorted(raters, key=_natural)),
    )


def stem_of(path: Path) -> str:
    """The name of an image file without its suffix.

    >>> stem_of(Path("BRATS_009.nii.gz"))
    'BRATS_009'
    """
    suffix = next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), "")
    return path.name.removesuffix(suffix)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    inner = [path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._"]
    cases = [path for path in inner if _roles_of(path)]
    others = [path for path in inner if path not in cases]
    yield from cases
    for path in others:
        below = list(_walk(path, depth - 1)) if depth else []
        yield from below or ([path] if cases else [])


def _roles_of(folder: Path) -> Roles:
    """The image files that are named after `folder`, by what the rest of their name says."""
    start = _plain(folder.name) + "-"
    found: dict[str, Path] = {}
    with suppress(OSError):  # no folder, or none that we may look into
        # listed once for both suffixes: there are many folders, on a network slow ones
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        for suffix in reversed(SUFFIXES):
            for path in (file for file in files if file.name.endswith(suffix)):
                name = _plain(stem_of(path))
                if name.startswith(start):
                    found[name.removeprefix(start)] = path
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_. ]+", "-", name).lower()


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts rater-10 after rater-2."""
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)
    ]
