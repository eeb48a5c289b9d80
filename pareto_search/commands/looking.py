"""`list`, `status` and `front`: what is known of sweeps."""

import json
import sys
from pathlib import Path

import typer

from pareto_search.commands.console import results_console
from pareto_search.errors import Problem, RecipeError, SweepDamagedError
from pareto_search.figures import save_front
from pareto_search.fronts.rows import front_rows, to_csv, to_json
from pareto_search.fronts.summary import summarise
from pareto_search.fronts.tables import front_table, status_table, sweeps_table
from pareto_search.storage.directory import find_sweep, list_sweeps


def show_sweeps(storage: Path, as_json: bool) -> None:
    """Every sweep under `storage`."""
    summaries = []
    for directory in list_sweeps(storage.resolve()):
        try:
            summaries.append(summarise(directory))
        except SweepDamagedError as error:
            typer.echo(f"passed over: {error}", err=True)
    if as_json:
        typer.echo(json.dumps([summary.as_json() for summary in summaries], indent=2))
    elif summaries:
        results_console().print(sweeps_table(summaries))
    else:
        typer.echo(f"No sweep under {storage}. Name another directory with --storage.")


def show_status(storage: Path, name: str, as_json: bool) -> None:
    """How the sweep `name` stands."""
    summary = summarise(find_sweep(storage.resolve(), name))
    if as_json:
        typer.echo(json.dumps(summary.as_json(), indent=2))
    else:
        results_console().print(status_table(summary))


def show_front(storage: Path, name: str, as_json: bool, as_csv: bool, plot: Path | None) -> None:
    """The front of the sweep `name`, as a table, data for programs, or a picture."""
    directory = find_sweep(storage.resolve(), name)
    objectives, records = directory.config().objectives, directory.records()
    if plot is not None:
        save_front(directory, plot)
        typer.echo(f"Wrote {plot}", err=True)
    if as_json and as_csv:
        raise RecipeError([Problem("excludes --csv.", "Found both.", "--json", "Leave one out.")])
    if as_json or as_csv:
        rows = front_rows(records, objectives, directory.runs())
        sys.stdout.write(to_json(rows) if as_json else to_csv(rows))
    else:
        results_console().print(front_table(records, objectives, directory.runs()))
