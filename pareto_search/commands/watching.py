"""`status --watch`: a sweep as it goes on, whichever process runs it."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.live import Live

from pareto_search.commands.console import results_console
from pareto_search.errors import Problem, RecipeError
from pareto_search.fronts.summary import summarise
from pareto_search.fronts.tables import status_table
from pareto_search.storage.directory import SweepDirectory, find_sweep
from pareto_search.storage.lock import is_running
from pareto_search.sweep.following import Following
from pareto_search.sweep.hints import command

_ON_TERMINAL_S = 2.0
_ELSEWHERE_S = 30.0
_GLANCE_S = 1.0
"""The end of a sweep is noticed within that, however long an interval is."""
_LEAVING = "Ctrl-C leaves; the sweep goes on."


def watch_status(storage: Path, name: str, interval: float | None, as_json: bool) -> int:
    """Show the sweep `name` again and again while a process runs it, then how it stands.

    Returns the exit code: 0, or 130 where Ctrl-C left before the end.

    Raises:
        SweepNotFoundError: there is no such sweep.
        RecipeError: `as_json` is asked for too.
    """
    if as_json:
        hint = "`status --json`, called again and again, is for programs."
        raise RecipeError([Problem("excludes --json.", "Found both.", "--watch", hint)])
    directory = find_sweep(storage.resolve(), name)
    console = results_console()
    every = interval or (_ON_TERMINAL_S if console.is_terminal else _ELSEWHERE_S)
    following = Following(directory)
    try:
        _follow(following, directory, console, every)
    except KeyboardInterrupt:
        _say(console, following.look().line())
        return 130
    summary = summarise(directory)
    console.print(status_table(summary))
    if summary.state == "interrupted":
        _say(console, f"nobody runs it; carry it on with\n  {command('resume', directory)}")
    return 0


def _follow(
    following: Following, directory: SweepDirectory, console: Console, every: float
) -> None:
    if not console.is_terminal:
        while is_running(directory):
            _say(console, following.look().line())
            _pause(every, lambda: is_running(directory))
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while is_running(directory):
            live.update(following.look().table(_LEAVING), refresh=True)
            _pause(every, lambda: is_running(directory))


def _pause(seconds: float, goes_on: Callable[[], bool]) -> None:
    """Wait `seconds`, or until it does not go on."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and goes_on():
        time.sleep(min(left, _GLANCE_S))


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
