"""Preparing what the cache lacks: several cases at a time, shared with other trials that begin."""

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, final

from trainables.data.keys import code_version
from trainables.data.preprocessing import PreparedCase, Recipe, prepare
from trainables.data.stored_cases import Entry
from trainables.data.whole_files import remove_abandoned

LOGGER = logging.getLogger(__name__)

_MOST_WORKERS = 4

_SAY_EVERY_S = 10.0

Units = tuple[PreparedCase, ...]
T = TypeVar("T")
Made = TypeVar("Made")


def fill(entries: Sequence[Entry], workers: int | None = None) -> dict[str, Units]:
    """Prepare and keep every one of `entries` that is not kept yet.

    Trials that begin at once share the work: each takes a case that nobody has in hand, beginning
    at another place, and waits at the end for what the others have. Work is done by threads: the
    libraries that do it let go of the interpreter, and no process has to import them.

    Args:
        entries: All of one cache.
        workers: Cases that are prepared at a time; the cores, up to 4, where None.

    Returns:
        By key, those that could not be kept, because the folder cannot be written to or the disk
        is full; one warning says so.

    Raises:
        DataError: a case cannot be prepared, or its files change meanwhile.
    """
    missing = _elsewhere_first([e for e, kept in _at_once(_is_kept, entries, 16) if not kept])
    if not missing:
        return {}
    cache = missing[0].cache
    remove_abandoned(cache.cases)
    said = _Progress(len(missing), str(cache.folder))
    outcomes: dict[str, _Outcome] = {}
    code = code_version()  # once: to tell it holds the interpreter, which all cases wait for
    for wait in (False, True):
        todo = [e for e in missing if e.key not in outcomes or outcomes[e.key].is_busy]
        for entry, outcome in _at_once(partial(_make, code=code, wait=wait), todo, _count(workers)):
            outcomes[entry.key] = outcome
            said.advance(not outcome.is_busy)
    said.end(sum(entry.kept_bytes() for entry in missing))
    _warn([o.problem for o in outcomes.values() if o.problem], str(cache.folder))
    return {key: outcome.units for key, outcome in outcomes.items() if outcome.problem}


def prepare_all(recipes: Sequence[Recipe], workers: int | None = None) -> list[PreparedCase]:
    """What all `recipes` make, in memory and in their order; `workers` as in `fill`.

    Raises:
        DataError: a case cannot be prepared.
    """
    made = _at_once(prepare, recipes, _count(workers))
    return [unit for _, units in made for unit in units]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of an entry: kept, in another's hands, or `units` for the reason `problem`."""

    is_busy: bool = False
    units: Units = ()
    problem: str = ""


def _at_once(
    work: Callable[[T], Made], todo: Sequence[T], workers: int
) -> Iterable[tuple[T, Made]]:
    """Each of `todo` with what `work` makes of it, so many at a time, in order."""
    with ThreadPoolExecutor(min(workers, len(todo)) or 1) as pool:
        yield from zip(todo, pool.map(work, todo), strict=True)


def _is_kept(entry: Entry) -> bool:
    return entry.is_kept()


def _elsewhere_first(entries: list[Entry]) -> list[Entry]:
    """`entries` from a place on where other processes probably do not begin."""
    start = os.getpid() % len(entries) if entries else 0
    return entries[start:] + entries[:start]


def _count(workers: int | None) -> int:
    return workers or min(_MOST_WORKERS, os.cpu_count() or 1)


def _make(entry: Entry, code: str, wait: bool) -> _Outcome:
    with entry.cache.claim(entry.key, wait) as is_ours:
        if not is_ours:
            return _Outcome(is_busy=True)
        if entry.is_kept():  # by now
            return _Outcome()
        units = entry.make(code)
        try:
            entry.keep(units)
        except OSError as error:
            return _Outcome(units=units, problem=error.strerror or str(error))
    return _Outcome()


@final
class _Progress:
    """Says in the log how far the work is; holds how much there is and when it was last said."""

    def __init__(self, total: int, place: str) -> None:
        self._total = total
        self._done = 0
        self._began_s = self._said_s = time.monotonic()
        LOGGER.info("preparing %d cases, to be kept in %s", total, place)

    def advance(self, is_done: bool) -> None:
        """A case was looked at, and maybe done."""
        self._done += is_done
        now_s = time.monotonic()
        if is_done and (self._done == self._total or now_s - self._said_s > _SAY_EVERY_S):
            self._said_s = now_s
            left_s = (now_s - self._began_s) / self._done * (self._total - self._done)
            LOGGER.info("prepared %d of %d cases, %.0f s left", self._done, self._total, left_s)

    def end(self, taken_bytes: int) -> None:
        """All was done, and what is kept of it takes so much on the disk."""
        if taken_bytes:
            LOGGER.info("%d prepared cases take %.3g GB", self._total, taken_bytes / 1e9)


def _warn(problems: Sequence[str], folder: str) -> None:
    if problems:
        warnings.warn(
            f"Prepared cases cannot be kept in `data.cache` {folder}: {problems[0]}. They are "
            "held in memory instead: name a folder that can be written to, or `memory`.",
            stacklevel=3,
        )
