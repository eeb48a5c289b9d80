"""The command line `pareto-search`: options, output and exit codes; the work is done elsewhere.

Results go to stdout, progress and messages to stderr. Heavy modules are imported by the command
that needs them, so that ``--help`` answers at once.
"""

import atexit
import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from pareto_search.cli import (
    choosing,
    kubernetes,
    looking,
    recipes,
    running,
    submitting,
    tracking,
)
from pareto_search.errors import ParetoSearchError, UnreachableError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Distributed multi-objective search: run sweeps, look at fronts, pick a trade-off.",
)
for part in (recipes, running, submitting, looking, choosing, tracking, kubernetes):
    app.add_typer(part.app)
_state = {"debug": False}


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(help="Show tracebacks of errors.")] = False,
) -> None:
    """Distributed multi-objective search: run sweeps, look at fronts, pick a trade-off."""
    _state["debug"] = debug
    Path.cwd()  # where that is gone, whatever is named by a relative path would seem to be


def main() -> None:
    """Run the command line; every error ends with one message and its exit code."""
    atexit.register(gc.freeze)  # what Ray and MLflow leave takes 1.4 s to look through, for nothing
    try:
        app()
    except ParetoSearchError as error:
        if _state["debug"]:
            raise
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # the last resort: one line instead of a traceback
        if _state["debug"]:
            raise
        sys.exit(_tell_unexpected(error))


def _tell_unexpected(error: Exception) -> int:
    """Say what no part of this has foreseen; returns the exit code.

    A working directory that is gone, at the start or since, fails whatever comes to need it.
    """
    try:
        Path.cwd()
    except FileNotFoundError:
        typer.echo(
            "error: The directory that this command was started in should be there until it "
            f"ends. Found it removed or replaced: {type(error).__name__}: {error}. `cd` to one "
            "that is there, and give the command again.",
            err=True,
        )
        return UnreachableError.exit_code
    typer.echo(f"error: unexpected {type(error).__name__}: {error}", err=True)
    typer.echo("`pareto-search --debug ...` shows where. Please report it.", err=True)
    return 1
