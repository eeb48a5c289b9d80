"""Commands that look at sweeps."""

from pathlib import Path
from typing import Annotated

import typer

from pareto_search.cli.elsewhere import pointing_to_the_cluster
from pareto_search.cli.options import RESULTS, AsJson, Dashboard, Name, Settings, Storage

app = typer.Typer()


@app.command("list")
def list_(storage: Storage = RESULTS, as_json: AsJson = False) -> None:
    """List the sweeps under a storage directory."""
    from pareto_search.commands.looking import show_sweeps

    show_sweeps(storage, as_json)


@app.command()
def status(
    name: Name,
    storage: Storage = RESULTS,
    as_json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until nobody runs it.")] = False,
    interval: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds between looks; 2, or 30 into a pipe.")
    ] = None,
    address: Dashboard = None,
) -> None:
    """Show how a sweep stands: trials by state, hypervolume, best of each objective.

    With --address: how its newest job on that cluster stands.
    """
    if address is not None:
        from pareto_search.commands.jobs import show_job

        show_job(address, name, as_json, watch)
        return
    if watch:
        from pareto_search.commands.watching import watch_status

        with pointing_to_the_cluster():
            raise typer.Exit(watch_status(storage, name, interval, as_json))
    from pareto_search.commands.looking import show_status

    with pointing_to_the_cluster():
        show_status(storage, name, as_json)


@app.command()
def front(
    name: Name,
    storage: Storage = RESULTS,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw it: .png, .svg or .html.", metavar="FILE")
    ] = None,
) -> None:
    """Show the Pareto front of a sweep, finished or running."""
    from pareto_search.commands.looking import show_front

    show_front(storage, name, as_json, as_csv, plot)


@app.command()
def report(
    name: Name,
    storage: Storage = RESULTS,
    out: Annotated[
        Path | None, typer.Option(help="Write it here; by default among its figures.",
                                  metavar="FILE.html")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Write every figure here too, as PNG and SVG.",
                                  metavar="DIR")
    ] = None,
) -> None:  # fmt: skip
    """Tell the story of a sweep, finished or running, in one HTML file that works offline."""
    from pareto_search.commands.reporting import write_report

    write_report(storage, name, out, figures)


@app.command()
def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[LABEL=]NAME[,NAME]", help="A sweep, or several seeds of one kind."
        ),
    ],
    storage: Storage = RESULTS,
    plot: Annotated[
        Path | None, typer.Option(help="Draw all of it: .png, .svg or .html.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if not measured alike.")] = False,
) -> None:
    """Say which of several sweeps is better where, and whether that may be luck.

    Sweeps of one kind with other seeds go together: `compare tpe=tpe-1,tpe-2,tpe-3 gp='gp-*'`;
    intervals and the test are over them. Where each trial was repeated (seeds.repeats), one sweep
    of each kind gives an interval too. One contestant alone shows what its sweeps attain.
    """
    from pareto_search.commands.comparing import compare_sweeps

    compare_sweeps(storage, names, plot, as_json, anyway)


@app.command()
def simulate(
    name: Name,
    settings: Settings = None,
    workers: Annotated[int, typer.Option(min=1, help="Simulated workers.")] = 8,
    seeds: Annotated[int, typer.Option(min=1, help="Simulations, each of a seed.")] = 5,
    storage: Storage = RESULTS,
    as_json: AsJson = False,
) -> None:
    """Replay a finished sweep under another searcher or scheduler, in virtual time."""
    from pareto_search.commands.simulating import simulate_sweep

    simulate_sweep(storage, name, settings or [], workers, seeds, as_json)
