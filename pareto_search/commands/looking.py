"""`list`, `status`, `front` and `pick`: what is known of sweeps, and choosing from one."""

import json
import sys
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

import typer

from pareto_search.choice.export import export_trial
from pareto_search.choice.pick import parse_weights, pick
from pareto_search.commands.console import results_console
from pareto_search.errors import Problem, RecipeError, SweepDamagedError
from pareto_search.figures import save_front
from pareto_search.fronts.front import front_of
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


def pick_trial(
    storage: Path,
    name: str,
    knee: bool,
    prefer: str | None,
    where: Sequence[str],
    export: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Pick one trial of the sweep `name`, say why, and export it where `export` is given."""
    directory = find_sweep(storage.resolve(), name)
    records, objectives = directory.records(), directory.config().objectives
    front = front_of(records, objectives)
    weights = parse_weights(prefer) if prefer is not None else None
    choice = pick(front, knee=knee, prefer=weights, where=where)
    bundle = None
    if export is not None:
        out = export.resolve()
        with chdir(directory.started_in()):
            # a repeated configuration is known by its means, but a model is that of one trial
            trial = next(record for record in records if record.uid == choice.record.uid)
            bundle = export_trial(directory, trial, out, choice.reason, overwrite=overwrite)
    if as_json:
        row = next(
            row
            for row in front_rows(records, objectives, directory.runs())
            if row["trial"] == choice.record.uid
        )
        typer.echo(to_json([{**row, "reason": choice.reason, "bundle": str(bundle or "")}]))
        return
    typer.echo(choice.reason)
    if bundle is not None:
        typer.echo(f"Exported to {bundle}; how to use it: {bundle / 'README.md'}")
