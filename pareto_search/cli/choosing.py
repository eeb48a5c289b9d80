"""The command that picks a trial."""

from pathlib import Path
from typing import Annotated

import typer

from pareto_search.cli.options import RESULTS, AsJson, Name, Storage, Tracking

app = typer.Typer()


@app.command()
def pick(
    name: Name,
    storage: Storage = RESULTS,
    knee: Annotated[bool, typer.Option("--knee", help="The trial at the front's knee.")] = False,
    prefer: Annotated[
        str | None, typer.Option(help="Weights: interior_error=1,boundary_error=2.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="Values to come near to: interior_error=0.2,boundary_error=0.3."),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help='A bound: "interior_error<=0.1". May be given again.')
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the model bundle here.", metavar="DIR")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace DIR.")] = False,
    register: Annotated[
        str | None,
        typer.Option(help="Make it the newest version of MLflow's MODEL.", metavar="MODEL"),
    ] = None,
    alias: Annotated[
        str | None,
        typer.Option(help="Alias of that version; pareto- and the criterion by default."),
    ] = None,
    tracking_uri: Tracking = None,
    as_json: AsJson = False,
) -> None:
    """Pick one trial of the front, say why, and export or register its model."""
    from pareto_search.commands.picking import Request, pick_trial

    request = Request(
        knee, prefer, reference, where or [], export, overwrite, register, alias, tracking_uri
    )
    pick_trial(storage, name, request, as_json)
