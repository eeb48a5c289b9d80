"""`stop` without a cluster's address: a sweep on a storage directory that its process shares."""

import time
from pathlib import Path

from rich.console import Console

from pareto_search.fronts.summary import summarise
from pareto_search.storage.directory import SweepDirectory, find_sweep
from pareto_search.storage.lock import is_running
from pareto_search.storage.stop_request import ask_to_stop, is_asked_to_stop
from pareto_search.sweep.hints import command

_GLANCE_S = 0.5
_LONG_S = 60.0
"""After that, who waits is told what it may wait for."""


def stop_sweep(storage: Path, name: str) -> int:
    """Ask the process that runs the sweep `name` to stop, and wait until it has.

    Returns the exit code: 0, or 130 where Ctrl-C left before it had stopped.

    Raises:
        SweepNotFoundError: there is no such sweep.
        UnreachableError: its directory cannot be written.
    """
    directory = find_sweep(storage.resolve(), name)
    console = Console(stderr=True, highlight=False)
    if not is_running(directory):
        _say(console, f"Nobody runs sweep {name}.")
        _say_next(directory, console)
        return 0
    ask_to_stop(directory)
    try:
        with console.status(f"sweep {name} is asked to stop"):  # shown on a terminal alone
            _wait(directory, console)
    except KeyboardInterrupt:
        _say(console, f"Sweep {name} is asked to stop, and will by itself.")
        return 130
    _say(console, f"Sweep {name} has stopped; nothing is lost.")
    _say_next(directory, console)
    return 0


def _wait(directory: SweepDirectory, console: Console) -> None:
    """Until the process has taken the request back, or is gone."""
    began, is_told = time.monotonic(), False
    while is_asked_to_stop(directory) and is_running(directory):
        if time.monotonic() - began > _LONG_S and not is_told:
            is_told = True
            _say(
                console,
                f"Sweep {directory.name} is still at it. It looks for the request between two "
                "reports of its trials; a search that a program of its own asks and tells never "
                "does. Ctrl-C leaves.",
            )
        time.sleep(_GLANCE_S)


def _say_next(directory: SweepDirectory, console: Console) -> None:
    if summarise(directory).state == "interrupted":
        _say(console, f"Carry on with\n  {command('resume', directory)}")
    else:
        _say(console, f"See how it ended with\n  {command('status', directory)}")


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
