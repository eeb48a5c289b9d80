"""Where commands print: results on stdout, progress on stderr."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

PLAIN_WIDTH = 120
"""Columns of a table that goes to a file or a pipe, where no terminal sets a width."""


class Advance(Protocol):
    """Says in one line that a further piece of work is done."""

    def __call__(self, line: str, part: float = 1.0) -> None:
        """Show `line`, where it is not empty; `part` of a piece is done."""


def results_console() -> Console:
    """Stdout, without colours added to words; wide enough for a table where it is no terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, PLAIN_WIDTH)
    return console


def progress_console() -> Console:
    """Stderr, never wrapping a line."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Write `value` as JSON on stdout; NaN and infinities, which JSON lacks, as null."""
    print(json.dumps(finite_json(value), indent=2))  # noqa: T201  stdout is where results go


def make_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table whose first column is text and whose other columns are numbers."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


@contextmanager
def progress_bar(label: str, total: int, done: int = 0) -> Iterator[Advance]:
    """A bar on a terminal and plain lines elsewhere, both on stderr.

    Yields a function that is called with one line of text after each of `total` pieces, of which
    `done` were there before. On a terminal the lines stay above the bar.
    """
    console = progress_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(label, total=total, completed=done)

        def advance(line: str, part: float = 1.0) -> None:
            if line:
                console.print(line, markup=False)
            progress.advance(task, part)

        yield advance


@contextmanager
def log_on_stderr() -> Iterator[None]:
    """Within the block, what this package logs is said on stderr, a line each."""
    logger, handler = logging.getLogger("trainables"), _StderrHandler()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _StderrHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Print the line above whatever moves on stderr."""
        progress_console().print(self.format(record), markup=False)


def finite_json(value: object) -> object:
    """`value` with NaN and infinities as null, and keys as text: what JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): finite_json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite_json(entry) for entry in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
