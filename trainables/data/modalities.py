"""Names of one modality in different data sets."""

from collections.abc import Sequence
from dataclasses import replace

from trainables.data.cases import Case
from trainables.errors import DataError

SYNONYMS = (
    ("t1", "t1n", "t1w", "t1pre"),
    ("t1ce", "t1c", "t1gd", "t1post", "t1km"),
    ("t2", "t2w"),
    ("flair", "t2f", "t2flair", "t2-flair"),
)
"""Of the magnetic resonance images of a head; upper and lower case do not matter."""


def select_modalities(case: Case, wanted: Sequence[str]) -> Case:
    """The case with the `wanted` modalities only, in this order and under these names.

    Raises:
        DataError: one is not there, under its own name or another.
    """
    places = find_modalities(wanted, case.modalities)
    return replace(
        case,
        images=tuple(case.images[place] for place in places),
        modalities=tuple(wanted),
        channels=tuple(case.channels[place] for place in places if case.channels),
    )


def find_modalities(wanted: Sequence[str], there: Sequence[str]) -> list[int]:
    """Where each of the `wanted` modalities stands in those that are `there`.

    Raises:
        DataError: one is not there, under its own name or another.

    >>> find_modalities(["t1ce", "FLAIR"], ["t1n", "t1c", "t2w", "t2f"])
    [1, 3]
    """
    places = [find_modality(name, there) for name in wanted]
    missing = [name for name, place in zip(wanted, places, strict=True) if place is None]
    if missing:
        raise DataError(
            [f"The data should have the modality {m}. Found {', '.join(there)}." for m in missing]
        )
    return [place for place in places if place is not None]


def find_modality(name: str, there: Sequence[str]) -> int | None:
    """Where the modality stands in those that are `there`, by its own name before any other."""
    names = [other.lower() for other in there]
    known = next((group for group in SYNONYMS if name.lower() in group), ())
    return next((names.index(n) for n in (name.lower(), *known) if n in names), None)
