"""What is printed when a sweep has ended: its front, what beats the baseline, the next commands."""

import math
from contextlib import suppress

from rich.console import Console

from pareto_search.choice.pick import pick
from pareto_search.errors import ParetoSearchError
from pareto_search.fronts.front import beating_baseline, front_of
from pareto_search.fronts.rows import knee_of
from pareto_search.fronts.summary import summarise
from pareto_search.fronts.tables import front_table
from pareto_search.storage.directory import SweepDirectory
from pareto_search.sweep.hints import command, interrupted, short
from pareto_search.sweep.watching import Ending
from pareto_search.tracking.ui import server_links
from pareto_search.trials.exporting import checkpoint_of

_SHOWN_FAILURES = 5


def print_ending(directory: SweepDirectory, ending: Ending, console: Console) -> int:
    """Print how the sweep in `directory` ended; returns the exit code.

    0: a front was found. 1: there is none, or more trials failed than the recipe tolerates.
    130: it was interrupted.
    """
    if ending is Ending.INTERRUPTED:
        _say(console, interrupted(directory))
        return 130
    summary = summarise(directory)
    console.print(
        f"\nSweep {directory.name}: {ending.value}. {summary.complete} of {summary.trials} trials "
        f"complete, {summary.stopped} stopped, {summary.failed} failed.\n"
    )
    if summary.front:
        _print_front(directory, summary.hypervolume, console)
    _print_constrained(directory, summary.constrained, console)
    _print_failures(directory, dict(summary.errors), console)
    _print_next(directory, bool(summary.front), console)
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


def _print_constrained(directory: SweepDirectory, constrained: int, console: Console) -> None:
    """Which constraints were broken, and by how many; a metric nobody reports breaks them all."""
    if not constrained:
        return
    _say(console, f"{constrained} complete trials break a constraint, so they are on no front:")
    records = [record for record in directory.records() if record.is_constrained]
    for place, constraint in enumerate(directory.config().metric_constraints):
        broken = [r.violations[place] for r in records if r.violations[place] > 0]
        missing = sum(map(math.isinf, broken))
        unknown = f", {missing} of them without a number for it" if missing else ""
        _say(console, f"  {constraint.text}: broken by {len(broken)}{unknown}")


def _print_failures(directory: SweepDirectory, errors: dict[str, str], console: Console) -> None:
    for uid, error in list(errors.items())[:_SHOWN_FAILURES]:
        _say(console, f"{uid} failed: {error.splitlines()[0]}")
    folder = directory.path / "failures"
    if errors and folder.exists():
        _say(console, f"tracebacks: {short(folder)}")


def _print_next(directory: SweepDirectory, has_front: bool, console: Console) -> None:
    _say(console, f"\neverything of this sweep: {short(directory.path)}")
    _say(console, "report:", short(directory.report))
    if not has_front:
        _say(console, "next:", command("status", directory))
        return
    pictures = (directory.figures / name for name in ("front.png", "front.html", "hypervolume.png"))
    _say(console, "figures:", *(short(picture) for picture in pictures))
    if links := server_links(directory):
        _say(console, "in MLflow:", *links)
    _say(
        console,
        "next:",
        command("ui", directory),
        command("front", directory, "--plot", "front.html"),
        command("pick", directory, "--knee", *_export(directory)),
    )


def _export(directory: SweepDirectory) -> tuple[str, ...]:
    """What makes a bundle of the trial at the knee; nothing where it left no checkpoint."""
    records = directory.records()
    picked = pick(front_of(records, directory.config().objectives), knee=True).record.uid
    trial = next(record for record in records if record.uid == picked)
    with suppress(ParetoSearchError):
        checkpoint_of(directory, trial)
        return "--export", "model"
    return ()


def _say(console: Console, title: str, *lines: str) -> None:
    """Text with indented lines below it, as it is: no markup in it, nothing broken to fit."""
    for line in (title, *(f"  {line}" for line in lines)):
        console.print(line, markup=False, soft_wrap=True)
