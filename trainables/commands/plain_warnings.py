"""Warnings as a command line shows them."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer


@contextmanager
def plain_warnings(is_debugging: Callable[[], bool]) -> Iterator[None]:
    """Within the block a warning is one line, without the place in the code; unless debugging."""
    before = warnings.showwarning

    def show(message: Warning | str, *place: Any, **more: Any) -> None:  # noqa: ANN401
        if is_debugging():
            before(message, *place, **more)
        else:
            typer.echo(f"warning: {' '.join(str(message).split())}", err=True)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before
