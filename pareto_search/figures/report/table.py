"""Tables of a report as plain text; whoever renders them escapes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table; `link` is where it leads, `role` how its row stands."""

    text: str
    link: str = ""
    is_number: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def cell(value: object) -> Cell:
    """`value` in a few characters; None is an empty cell.

    >>> cell(0.123456).text, cell(True).text, cell(None).text
    ('0.1235', 'yes', '')
    """
    if value is None:
        return Cell("")
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, float):
        return Cell(f"{value:.4g}", is_number=True)
    return Cell(str(value), is_number=isinstance(value, int))


def make_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table of `rows` of values, or of cells where those are given."""
    made = (tuple(v if isinstance(v, Cell) else cell(v) for v in row) for row in rows)
    return Table(tuple(columns), tuple(made))


def flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """Nested `content` with dotted keys; lists are texts.

    >>> flat({"a": {"b": 1}, "c": [1, 2]})
    {'a.b': 1, 'c': '1, 2'}
    """
    found: dict[str, object] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple):
            found[f"{prefix}{key}"] = ", ".join(map(str, value))
        else:
            found[f"{prefix}{key}"] = value
    return found
