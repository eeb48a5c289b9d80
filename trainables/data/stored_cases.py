"""Prepared cases that are read from the cache when they are asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import final, overload

from trainables.data.cache import Cache
from trainables.data.entries import SUFFIX, read_entry, write_entry
from trainables.data.file_digests import digest_files
from trainables.data.keys import code_version, entry_key
from trainables.data.preprocessing import PreparedCase, Recipe, prepare
from trainables.errors import DataError

_MOST_OPEN = 64
"""Cases that are mapped at a time: opening one takes a tenth of a millisecond."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where what `recipe` makes is kept: in `cache`, under `key`."""

    recipe: Recipe
    cache: Cache
    key: str

    def file(self, number: int) -> Path:
        """File of the case, number 0, or of one of its blocks."""
        return self.cache.cases / f"{self.key}-{number}{SUFFIX}"

    def kept_bytes(self) -> int:
        """What it takes on the disk; 0 where it is not there."""
        numbers = range(len(self.recipe.unit_ids))
        try:
            return sum(self.file(number).stat().st_size for number in numbers)
        except OSError:  # it may be removed at any time
            return 0

    def is_kept(self) -> bool:
        """Whether all of it is there, whole."""
        numbers = range(len(self.recipe.unit_ids))
        return all(read_entry(self.file(n), self.key) is not None for n in numbers)

    def make(self, code: str) -> tuple[PreparedCase, ...]:
        """What the recipe makes of the case's files, in memory, by `code`, see `code_version`.

        Raises:
            DataError: the case cannot be prepared, or its files are not those that the key names:
                what was read may be of both, and would be believed for ever.
        """
        units = prepare(self.recipe)
        case = self.recipe.case
        files = [*case.images, *([] if case.label is None else [case.label])]
        if entry_key(self.recipe, digest_files(files), code) != self.key:
            raise DataError(
                [
                    f"Files of case {case.case_id} should stay as they are while they are trained "
                    "on. Found that they changed since the run began: begin it again."
                ]
            )
        return units

    def keep(self, units: Sequence[PreparedCase]) -> None:
        """Write what the recipe made.

        Raises:
            OSError: the folder cannot be written to or the disk is full.
        """
        for number, unit in enumerate(units):
            # The first to write wins: who mapped its file shares its pages with all who follow.
            if read_entry(self.file(number), self.key) is None:
                write_entry(self.file(number), self.key, unit)


@dataclass(frozen=True, slots=True)
class Unit:
    """A case, or block `number` of it, that is kept; a few hundred bytes, also when pickled."""

    entry: Entry
    number: int


@final
class StoredCases(Sequence[PreparedCase]):
    """Cases by number, each kept in the cache or held in memory; holds which is where.

    A case that is kept is opened when it is asked for, and the last few stay open. Where its file
    has gone since, it is made anew. Pickled, it is as small as the names of its files.
    """

    def __init__(self, units: Iterable[Unit | PreparedCase]) -> None:
        """Cases in the order of `units`."""
        self._units = tuple(units)

    def __len__(self) -> int:
        return len(self._units)

    @overload
    def __getitem__(self, number: int) -> PreparedCase: ...
    @overload
    def __getitem__(self, number: slice) -> "StoredCases": ...
    def __getitem__(self, number: int | slice) -> "PreparedCase | StoredCases":
        if isinstance(number, slice):
            return StoredCases(self._units[number])
        unit = self._units[number]
        return unit if isinstance(unit, PreparedCase) else _open(unit)


@lru_cache(maxsize=_MOST_OPEN)
def _open(unit: Unit) -> PreparedCase:
    """What `unit` is, from its file or, where that has gone, from the case's own files.

    Raises:
        DataError: its file has gone, and the case's files are not what they were.
    """
    entry, number = unit.entry, unit.number
    found = read_entry(entry.file(number), entry.key)
    if found is not None:
        return found
    units = entry.make(code_version())
    try:
        entry.keep(units)
    except OSError:
        return units[number]
    return read_entry(entry.file(number), entry.key) or units[number]
