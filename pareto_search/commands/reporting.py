"""`report`: the story of a sweep as one file."""

from pathlib import Path

import typer

from pareto_search.figures.reporting import save_report
from pareto_search.storage.directory import find_sweep
from pareto_search.sweep.hints import short


def write_report(storage: Path, name: str, out: Path | None, figures: Path | None) -> None:
    """Write the report of the sweep `name`; its path is the result, the rest is told."""
    report, *pictures = save_report(find_sweep(storage.resolve(), name), out, figures)
    typer.echo(short(report))
    if figures is not None:
        typer.echo(f"Wrote {len(pictures)} pictures into {figures}", err=True)
