"""Commands of sweeps that run elsewhere: on a cluster, or in another process."""

from pathlib import Path
from typing import Annotated

import typer

from pareto_search.cli.elsewhere import pointing_to_the_cluster
from pareto_search.cli.options import (
    RESULTS,
    Dashboard,
    GrowTo,
    Name,
    Recipe,
    Settings,
    Storage,
    Tracking,
)

app = typer.Typer()


@app.command()
def submit(
    recipe: Recipe,
    address: Annotated[
        str, typer.Option(help="The cluster's dashboard: http://head:8265.", metavar="URL",
                          envvar="RAY_API_SERVER_ADDRESS")
    ],
    settings: Settings = None,
    name: Annotated[str | None, typer.Option(help="Name of the sweep.")] = None,
    storage: Annotated[
        Path | None, typer.Option(help="Directory of all sweeps, as every node sees it.",
                                  metavar="DIR")
    ] = None,
    tracking_uri: Tracking = None,
    working_dir: Annotated[
        Path | None, typer.Option(help="Upload this; by default the folder you are in, if the "
                                  "recipe lies in it, else the recipe's.", metavar="DIR")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Do not upload: *.csv, /notebooks. May be given again.",
                                       metavar="PATTERN")
    ] = None,
    requirements: Annotated[
        Path | None, typer.Option(help="Install these on the cluster for this job.", metavar="FILE")
    ] = None,
    grow_to: GrowTo = 0,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Follow it to its end, or return at once.")
    ] = True,
) -> None:  # fmt: skip
    """Run the sweep of a recipe as a job of a Ray cluster, and follow it.

    Code is uploaded, data are not: what git ignores, hidden files, volumes and
    weights stay here. Environment variables are not sent: secrets have to be on
    the cluster. A sweep that began there before is carried on. Ends with the
    sweep's own exit code; Ctrl-C leaves the job running.
    """
    from pareto_search.commands.submitting import Submission, submit_recipe

    asked = Submission(
        recipe, address, settings or [], name, storage, tracking_uri, working_dir, exclude or [],
        requirements, wait, grow_to,
    )  # fmt: skip
    raise typer.Exit(submit_recipe(asked))


@app.command()
def logs(
    name: Name,
    trial: Annotated[
        str | None, typer.Option(help="All that this trial printed.", metavar="t0000")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the end.")] = False,
    storage: Storage = RESULTS,
    address: Dashboard = None,
) -> None:
    """Show what the trials of a sweep printed, and why those failed that did.

    With --address: what the sweep's newest job on that cluster printed.
    """
    if address is not None:
        from pareto_search.commands.jobs import show_job_log

        raise typer.Exit(show_job_log(address, name, trial, follow))
    from pareto_search.commands.outputs import show_outputs

    with pointing_to_the_cluster():
        raise typer.Exit(show_outputs(storage, name, trial, follow))


@app.command()
def stop(name: Name, storage: Storage = RESULTS, address: Dashboard = None) -> None:
    """Stop a sweep, whichever process runs it, and keep its state; `resume` carries it on.

    With --address: its newest job on that cluster; the same `submit` carries it on.
    """
    if address is not None:
        from pareto_search.commands.jobs import stop_job

        raise typer.Exit(stop_job(address, name))
    from pareto_search.commands.stopping import stop_sweep

    with pointing_to_the_cluster():
        raise typer.Exit(stop_sweep(storage, name))
