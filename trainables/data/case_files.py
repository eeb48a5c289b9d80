"""The files of cases by what they are, and what names the content of a data set."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from trainables.data.cache import Cache
from trainables.data.cases import Case
from trainables.data.file_digests import digest_files


def case_files(case: Case) -> list[tuple[str, Path]]:
    """The files of `case` by what they are in it; one of several modalities is its `image`."""
    images = [("image", path) for path in dict.fromkeys(case.images)]
    if not case.channels:
        images = list(zip(case.modalities, case.images, strict=True))
    return images + mask_files(case)


def mask_files(case: Case) -> list[tuple[str, Path]]:
    """Those of `case_files` that hold label codes."""
    raters = [(f"rater {path.name}", path) for path in case.raters]
    named = [("label", case.label), ("truth", case.truth), *raters]
    return [(role, path) for role, path in named if path is not None]


def digest_cases(cases: Iterable[Case], cache: Cache | None = None) -> Mapping[Path, str]:
    """SHA-256 of every file of `cases`, remembered in `cache`; see `digest_files`.

    Raises:
        DataError: a file cannot be read.
    """
    files = (path for case in cases for _, path in case_files(case))
    return digest_files(files, None if cache is None else cache.memo)


def scan_digest(case: Case) -> str:
    """16 hexadecimal digits that name the bytes of the images of `case`, in their order.

    Raises:
        DataError: a file cannot be read.
    """
    known = digest_files(case.images)
    content = repr([(known[path], case.channels) for path in case.images])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def data_digest(cases: Iterable[Case], digests: Mapping[Path, str] | None = None) -> str:
    """SHA-256, in hexadecimal, over the ids, roles and bytes of all files of `cases`.

    It depends neither on where the files lie nor on the order of the cases.

    Args:
        cases: Of one data set.
        digests: Of every file of theirs; they are read where None.

    Raises:
        DataError: a file cannot be read.
    """
    cases = sorted(cases, key=lambda case: case.case_id)
    known = digest_cases(cases) if digests is None else digests
    digest = hashlib.sha256()
    for case in cases:
        for role, path in case_files(case):
            digest.update(f"{case.case_id}\n{role}\n{known[path]}\n".encode())
    return digest.hexdigest()
