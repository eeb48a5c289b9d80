"""What is printed when a sweep has ended: its front, what beats the baseline, the next commands."""

import os
from pathlib import Path

from rich.console import Console

from pareto_search.fronts.front import beating_baseline, front_of
from pareto_search.fronts.rows import knee_of
from pareto_search.fronts.summary import summarise
from pareto_search.fronts.tables import front_table
from pareto_search.storage.directory import SweepDirectory
from pareto_search.sweep.running import Ending


def print_ending(directory: SweepDirectory, ending: Ending, console: Console) -> int:
    """Print how the sweep in `directory` ended; returns the exit code.

    0: a front was found. 1: there is none, or more trials failed than the recipe tolerates.
    130: it was interrupted.
    """
    place = f"--storage {_short(directory.storage)}"
    if ending is Ending.INTERRUPTED:
        console.print(
            f"Interrupted; nothing is lost. Carry on with\n"
            f"  pareto-search resume {directory.name} {place}"
        )
        return 130
    summary = summarise(directory)
    console.print(
        f"\nSweep {directory.name}: {ending.value}. {summary.complete} of {summary.trials} trials "
        f"complete, {summary.stopped} stopped, {summary.failed} failed.\n"
    )
    if summary.front:
        _print_front(directory, summary.hypervolume, console)
    _print_failures(directory, dict(summary.errors), console)
    _print_next(directory, place, bool(summary.front), console)
    return 0 if summary.front and ending is not Ending.TOO_MANY_FAILURES else 1


def _print_front(directory: SweepDirectory, hypervolume: float, console: Console) -> None:
    objectives = directory.config().objectives
    records = directory.records()
    console.print(front_table(records, objectives, directory.runs()))
    reference = ", ".join(f"{o.name} {o.reference:g}" for o in objectives)
    console.print(f"hypervolume {hypervolume:.4g} (reference point: {reference})")
    better = beating_baseline(records, objectives)
    if any(record.proposal.baseline for record in records):
        names = ", ".join(better) if better else "no trial"
        console.print(f"better than the baseline on every objective: {names}")
    knee = knee_of(front_of(records, objectives))
    console.print(f"knee: {knee or 'none, no trade-off of this front stands out'}")


def _print_failures(directory: SweepDirectory, errors: dict[str, str], console: Console) -> None:
    for uid, error in list(errors.items())[:5]:
        console.print(f"{uid} failed: {error.splitlines()[0]}", markup=False)
    if errors:
        folder = directory.path / "failures"
        console.print(f"tracebacks: {_short(folder)}" if folder.exists() else "")


def _print_next(directory: SweepDirectory, place: str, has_front: bool, console: Console) -> None:
    name = directory.name
    console.print(f"\neverything of this sweep: {_short(directory.path)}")
    if not has_front:
        console.print(f"  pareto-search status {name} {place}")
        return
    for picture in ("front.png", "front.html", "hypervolume.png"):
        console.print(f"  {_short(directory.figures / picture)}")
    console.print("next:")
    console.print(f"  pareto-search ui {name} {place}")
    console.print(f"  pareto-search front {name} {place} --plot front.html")
    console.print(f"  pareto-search pick {name} {place} --knee --export model")


def _short(path: Path) -> str:
    """`path` from here where that is shorter."""
    relative = os.path.relpath(path)
    return min(relative, str(path), key=len)
