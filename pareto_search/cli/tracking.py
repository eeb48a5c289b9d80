"""Commands of the tracking server."""

from typing import Annotated

import typer

from pareto_search.cli.options import RESULTS, Name, Storage, Tracking

app = typer.Typer()


@app.command()
def sync(name: Name, storage: Storage = RESULTS, tracking_uri: Tracking = None) -> None:
    """Record in MLflow whatever of a sweep is not recorded yet."""
    from pareto_search.commands.tracking import sync_sweep

    sync_sweep(storage, name, tracking_uri)


@app.command()
def ui(
    name: Annotated[str | None, typer.Argument(help="Open this sweep.", metavar="[NAME]")] = None,
    storage: Storage = RESULTS,
    tracking_uri: Tracking = None,
    port: Annotated[int, typer.Option(help="Port; the next free one where it is taken.")] = 5000,
) -> None:
    """Serve the MLflow UI on the sweeps of a storage directory."""
    from pareto_search.commands.tracking import serve

    raise typer.Exit(serve(storage, name, tracking_uri, port))
