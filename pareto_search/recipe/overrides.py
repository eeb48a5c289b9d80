"""Overrides of a recipe from the command line: ``--set space.fuzzy.width_mm.high=3``.

Keys of the space hold dots themselves. At each mapping the longest key that is there wins, so
``space.fuzzy.width_mm.high`` finds `high` of the parameter `fuzzy.width_mm`. Lists are indexed by
number: ``objectives.0.reference=2``.
"""

import copy
from collections.abc import Sequence

from pareto_search.errors import Problem
from pareto_search.recipe.document import Document, KeyPath, Place, Plain, dotted, parse_value

_FLAT_SECTIONS = ("when", "baselines")


class _OverrideError(Exception):
    """An override cannot be applied; its arguments are the rule, the finding and the way out."""


def apply_overrides(document: Document, overrides: Sequence[str]) -> tuple[Document, list[Problem]]:
    """`document` with each of `overrides` (``key=value``, the value in YAML) laid over it.

    Later ones win. Those that cannot be applied are left out and reported as problems.
    """
    changed = Document(copy.deepcopy(document.data), dict(document.places))
    problems = []
    for text in overrides:
        try:
            _apply(changed, text)
        except _OverrideError as error:
            rule, found, hint = error.args
            problems.append(Problem(rule, found, hint=hint, where=f"--set {text}"))
    return changed, problems


def set_value(document: Document, path: KeyPath, value: Plain, source: str) -> None:
    """Put `value` at `path` of `document`; `source` says where it came from."""
    node = document.data
    for part in path[:-1]:
        if isinstance(node, dict) and node.get(part) is None:
            node[part] = {}
        node = node[part]
    node[path[-1]] = value
    for length in range(1, len(path)):
        document.places.setdefault(path[:length], Place(source, source))
    for old in [p for p in document.places if p[: len(path)] == path]:
        del document.places[old]
    document.places[path] = Place(source, source)


def _apply(document: Document, text: str) -> None:
    key, equals, value = text.partition("=")
    key = key.strip()
    if not (equals and all(key.split("."))):
        raise _OverrideError("An override should read key=value.", f"Found `{text}`.", "")
    try:
        parsed = parse_value(value)
    except ValueError as error:
        rule = "The value of an override should be YAML."
        raise _OverrideError(rule, f"Found: {error}.", "Quote it for the shell.") from None
    path = _locate(document.data, key.split("."), parsed)
    set_value(document, path, parsed, f"--set {text}")


def _locate(node: Plain, parts: list[str], value: Plain) -> KeyPath:
    """The path that `parts` of a dotted key mean below `node`."""
    path: KeyPath = ()
    while parts:
        count, step = _step(node, parts, path, value)
        node = node.get(step) if isinstance(node, dict) else node[step]
        path, parts = (*path, step), parts[count:]
        if node is None:
            node = {}
    return path


def _step(node: Plain, parts: list[str], path: KeyPath, value: Plain) -> tuple[int, str | int]:
    """How many of `parts` the next step takes, and the key or index it leads to."""
    if isinstance(node, list):
        return 1, _index(node, parts[0], path)
    if not isinstance(node, dict):
        rule = f"`{dotted(path)}` holds a single value, so nothing lies below it."
        raise _OverrideError(rule, f"Found `.{'.'.join(parts)}`.", f"Set `{dotted(path)}` itself.")
    for count in range(len(parts), 0, -1):
        if ".".join(parts[:count]) in node:
            return count, ".".join(parts[:count])
    count = _new_key_length(path, parts, value)
    return count, ".".join(parts[:count])


def _new_key_length(path: KeyPath, parts: list[str], value: Plain) -> int:
    """How many of `parts` make up a key that is not there yet."""
    if path and any(part in _FLAT_SECTIONS for part in (path[0], path[-1])):
        return len(parts)
    if path == ("space",):
        return len(parts) if isinstance(value, dict) else max(len(parts) - 1, 1)
    return 1


def _index(node: list[Plain], part: str, path: KeyPath) -> int:
    if part.isdecimal() and int(part) < len(node):
        return int(part)
    rule = f"`{dotted(path)}` is a list, so the next part should be a number below {len(node)}."
    raise _OverrideError(rule, f"Found `{part}`.", "Numbers start at 0.")
