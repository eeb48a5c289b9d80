"""Commands that run a sweep."""

from pathlib import Path
from typing import Annotated

import typer

from pareto_search.cli.options import (
    RESULTS,
    Address,
    GrowTo,
    Name,
    Recipe,
    Settings,
    Storage,
    Tracking,
    Wait,
)

app = typer.Typer()


@app.command()
def run(
    recipe: Recipe,
    settings: Settings = None,
    name: Annotated[str | None, typer.Option(help="Name of the sweep.")] = None,
    storage: Annotated[
        Path | None, typer.Option(help="Directory of all sweeps.", metavar="DIR",
                                  envvar="PARETO_SEARCH_STORAGE")
    ] = None,
    tracking_uri: Tracking = None,
    resume: Annotated[
        str, typer.Option(help="auto: carry on a sweep of that name and configuration; never.")
    ] = "auto",
    address: Address = None,
    grow_to: GrowTo = 0,
    wait: Wait = "1s",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, start nothing.")] = False,
) -> None:  # fmt: skip
    """Run the sweep of a recipe and print its front."""
    from pareto_search.commands.running import make_venue, run_recipe

    overrides = settings or []
    if dry_run:
        from pareto_search.commands.recipes import validate_recipe

        validate_recipe(recipe, overrides, name, storage)
        return
    if address and address.startswith("ray://"):
        from pareto_search.commands.ray_client import run_through_client
        from pareto_search.commands.submitting import Submission

        asked = Submission(
            recipe, address, overrides, name, storage, tracking_uri, grow_to=grow_to, resume=resume
        )
        raise typer.Exit(run_through_client(asked))
    venue = make_venue(tracking_uri, address, grow_to, wait)
    raise typer.Exit(run_recipe(recipe, overrides, name, storage, resume, venue))


@app.command()
def resume(
    name: Name,
    settings: Settings = None,
    storage: Storage = RESULTS,
    tracking_uri: Tracking = None,
    address: Address = None,
    grow_to: GrowTo = 0,
    wait: Wait = "1s",
) -> None:
    """Carry on a sweep that was interrupted, or whose budget has grown since."""
    from pareto_search.commands.running import make_venue, resume_by_name

    venue = make_venue(tracking_uri, address, grow_to, wait)
    raise typer.Exit(resume_by_name(storage, name, settings or [], venue))


@app.command(hidden=True)
def leave(
    deadline_s: Annotated[
        float, typer.Option(help="Seconds until the machine is gone.", min=0)
    ] = 50.0,
) -> None:
    """Have the trials on this machine, which will vanish soon, move to others (preStop hook)."""
    from pareto_search.commands.leaving import leave_machine

    raise typer.Exit(0 if leave_machine(deadline_s) else 1)
