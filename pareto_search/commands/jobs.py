"""`status`, `logs` and `stop` of a sweep that was submitted to a cluster."""

import json
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pareto_search.commands.console import results_console
from pareto_search.errors import Problem, RecipeError
from pareto_search.jobs.dashboard import Dashboard
from pareto_search.jobs.following import Follower
from pareto_search.jobs.job import INTERRUPTED, Job, JobState
from pareto_search.sweep.moment import clock

_GLANCE_S = 1.0
_PROGRESS = "trials "
"""What a line of a sweep's progress begins with."""


def next_commands(dashboard: Dashboard, sweep: str) -> str:
    """The commands that follow, show and stop the job of `sweep`."""
    lines = [("follow", "logs", "--follow"), ("look", "status", ""), ("stop", "stop", "")]
    return "\n".join(
        f"  {title:<8}{_command(verb, sweep, *flags.split(), '--address', dashboard.address)}"
        for title, verb, flags in lines
    )


def follow_job(dashboard: Dashboard, job_id: str, sweep: str) -> int:
    """Write the log of that job to stdout as it grows; returns the sweep's own exit code.

    Ctrl-C leaves, with 130; the job goes on.

    Raises:
        UnreachableError: the cluster does not answer any more.
    """
    console = Console(stderr=True, highlight=False)
    follower = Follower(dashboard, _write, lambda notice: _say(console, notice))
    try:
        with _interruptible():
            job = follower.follow(job_id)
    except KeyboardInterrupt:
        _say(console, f"\nJob {job_id} goes on.\n{next_commands(dashboard, sweep)}")
        return INTERRUPTED
    _tell_end(job, console)
    return job.exit_code or 0


def show_job_log(address: str, sweep: str, trial: str | None, follow: bool) -> int:
    """The log of the newest job of `sweep`, to its end where it is followed.

    Raises:
        RecipeError: a trial is asked for, whose output lies on the storage alone.
        SweepNotFoundError: there is no such job.
        UnreachableError: the cluster does not answer.
    """
    if trial is not None:
        hint = "The cluster knows the sweep's own log; name the --storage for that of a trial."
        raise RecipeError([Problem("excludes --address.", "Found both.", "--trial", hint)])
    dashboard = Dashboard(address)
    job = dashboard.newest(sweep)
    if follow:
        return follow_job(dashboard, job.id, sweep)
    _write(dashboard.log(job.id))
    return 0


def show_job(address: str, sweep: str, as_json: bool, watch: bool = False) -> None:
    """How the newest job of `sweep` stands.

    Raises:
        RecipeError: it is to be watched, which its log is there for.
        SweepNotFoundError: there is no such job.
        UnreachableError: the cluster does not answer.
    """
    if watch:
        hint = "`pareto-search logs NAME --follow --address URL` shows it as it goes."
        raise RecipeError([Problem("excludes --address.", "Found both.", "--watch", hint)])
    dashboard = Dashboard(address)
    job = dashboard.newest(sweep)
    progress = last_progress(dashboard.log(job.id))
    if as_json:
        typer.echo(json.dumps(_as_json(job, progress), indent=2))
    else:
        results_console().print(_table(job, progress))


def stop_job(address: str, sweep: str) -> int:
    """Stop the newest job of `sweep` with its state kept, and wait until it has ended.

    Returns the exit code: 0, or 130 where Ctrl-C left before.

    Raises:
        SweepNotFoundError: there is no such job.
        UnreachableError: the cluster does not answer.
    """
    dashboard, console = Dashboard(address), Console(stderr=True, highlight=False)
    job = dashboard.newest(sweep)
    if job.has_ended:
        _say(console, f"Job {job.id} has ended already: {job.state.value}.")
        return 0
    dashboard.stop(job.id)
    try:
        with console.status(f"job {job.id} is asked to stop"):  # shown on a terminal alone
            while not (job := dashboard.job(job.id)).has_ended:
                time.sleep(_GLANCE_S)
    except KeyboardInterrupt:
        _say(console, f"Job {job.id} is asked to stop, and will by itself.")
        return INTERRUPTED
    _tell_end(job, console)
    return 0


def last_progress(log: str) -> str:
    r"""The last line of progress in the log of a sweep, or its last line where there is none yet.

    >>> last_progress("preparing\ntrials 3/8; running 2\n\nin the end\n")
    'trials 3/8; running 2'
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(_PROGRESS)]
    return (told or lines or [""])[-1]


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C raise at once.

    asyncio's own way is to cancel what it waits for, and where a piece of the log comes at that
    moment `asyncio.wait_for` (Python 3.11) gives that instead, and Ctrl-C is lost.
    """

    def leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_end(job: Job, console: Console) -> None:
    if job.state is JobState.STOPPED:
        _say(
            console, f"Job {job.id} was stopped; nothing is lost. The same `submit` carries it on."
        )
    elif job.cause:
        _say(console, f"Job {job.id} did not run to its end: {job.cause.strip()}")
    elif job.state is JobState.FAILED:
        _say(console, f"Job {job.id} has failed, with exit code {job.exit_code}.")


def _as_json(job: Job, progress: str) -> dict[str, object]:
    return {
        "sweep": job.sweep,
        "job": job.id,
        "state": job.state.value,
        "submitted_at": _stamp(job.began_at),
        "ended_at": _stamp(job.ended_at) if job.ended_at else None,
        "exit_code": job.exit_code,
        "storage": job.storage,
        "progress": progress,
        "message": job.cause,
    }


def _table(job: Job, progress: str) -> Table:
    table = Table(title=f"sweep {job.sweep}", box=SIMPLE_HEAD, show_header=False)
    until = job.ended_at or time.time()
    table.add_row("state", job.state.value)
    table.add_row("job", job.id)
    table.add_row("submitted", f"{_stamp(job.began_at)}, {clock(until - job.began_at)} in all")
    if job.exit_code is not None:
        table.add_row("exit code", str(job.exit_code))
    table.add_row("storage", job.storage)
    table.add_row("last said", progress)
    if job.cause:
        table.add_row("message", job.cause.strip())
    return table


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _command(*words: str) -> str:
    return shlex.join(["pareto-search", *words])


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
