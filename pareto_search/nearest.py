"""The nearest known word to one that is not known."""

import difflib
from collections.abc import Iterable

_SHOWN = 12


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The entry of `known` most like `word`, or None where none is alike.

    >>> nearest("warmpu", ["warmup", "start"])
    'warmup'
    """
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest of `known`, or all of them where none is near.

    >>> nearest_hint("zzz", ["warmup", "start"])
    'Known here: start, warmup.'
    """
    names = sorted(known)
    match = nearest(word, names)
    if match is not None:
        return f"Did you mean `{match}`?"
    more = ", ..." if len(names) > _SHOWN else ""
    return f"Known here: {', '.join(names[:_SHOWN])}{more}." if names else ""
