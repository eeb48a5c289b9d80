"""The console that results are printed on."""

from rich.console import Console

PLAIN_WIDTH = 120
"""Columns of a table that goes to a file or a pipe, where no terminal sets a width."""


def results_console() -> Console:
    """Stdout, without colours added to words; wide enough for a table where it is no terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, PLAIN_WIDTH)
    return console
