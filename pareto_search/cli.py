"""The command line `pareto-search`: options, output and exit codes; the work is done elsewhere.

Results go to stdout, progress and messages to stderr. Heavy modules are imported by the command
that needs them, so that ``--help`` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pareto_search.errors import ParetoSearchError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Distributed multi-objective search: run sweeps, look at fronts, pick a trade-off.",
)

Name = Annotated[str, typer.Argument(help="Name of the sweep.", metavar="NAME")]
Recipe = Annotated[Path, typer.Argument(help="The recipe, a YAML file.", metavar="RECIPE.yaml")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a key: budget.trials=8. May be given again.",
                 metavar="KEY=VALUE"),
]  # fmt: skip
Storage = Annotated[
    Path,
    typer.Option(help="Directory of all sweeps.", envvar="PARETO_SEARCH_STORAGE", metavar="DIR"),
]
Tracking = Annotated[
    str | None,
    typer.Option(help="MLflow tracking server or store; SQLite under the storage by default."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
_RESULTS = Path("results")
_state = {"debug": False}


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(help="Show tracebacks of errors.")] = False,
) -> None:
    """Distributed multi-objective search: run sweeps, look at fronts, pick a trade-off."""
    _state["debug"] = debug


@app.command()
def init(
    recipe: Annotated[Path, typer.Argument(metavar="FILE")] = Path("recipe.yaml"),
) -> None:
    """Write a commented recipe to start from, and its schema beside it for editors."""
    from pareto_search.commands.recipes import write_template

    write_template(recipe)


@app.command()
def validate(recipe: Recipe, settings: Settings = None) -> None:
    """Check a recipe, its trainable and its data, and start nothing."""
    from pareto_search.commands.recipes import validate_recipe

    validate_recipe(recipe, settings or [], None, None)


@app.command()
def schema() -> None:
    """Print the JSON Schema of recipes."""
    from pareto_search.commands.recipes import print_schema

    print_schema()


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, start nothing.")] = False,
) -> None:  # fmt: skip
    """Run the sweep of a recipe and print its front."""
    from pareto_search.commands.running import run_recipe

    overrides = settings or []
    if dry_run:
        from pareto_search.commands.recipes import validate_recipe

        validate_recipe(recipe, overrides, name, storage)
        return
    code = run_recipe(recipe, overrides, name, storage, tracking_uri, resume)
    raise typer.Exit(code)


@app.command()
def resume(
    name: Name,
    settings: Settings = None,
    storage: Storage = _RESULTS,
    tracking_uri: Tracking = None,
) -> None:
    """Carry on a sweep that was interrupted, or whose budget has grown since."""
    from pareto_search.commands.running import resume_by_name

    raise typer.Exit(resume_by_name(storage, name, tracking_uri, settings or []))


@app.command("list")
def list_(storage: Storage = _RESULTS, as_json: AsJson = False) -> None:
    """List the sweeps under a storage directory."""
    from pareto_search.commands.looking import show_sweeps

    show_sweeps(storage, as_json)


@app.command()
def status(
    name: Name,
    storage: Storage = _RESULTS,
    as_json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until nobody runs it.")] = False,
    interval: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds between looks; 2, or 30 into a pipe.")
    ] = None,
) -> None:
    """Show how a sweep stands: trials by state, hypervolume, best of each objective."""
    if watch:
        from pareto_search.commands.watching import watch_status

        raise typer.Exit(watch_status(storage, name, interval, as_json))
    from pareto_search.commands.looking import show_status

    show_status(storage, name, as_json)


@app.command()
def front(
    name: Name,
    storage: Storage = _RESULTS,
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
    storage: Storage = _RESULTS,
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
def pick(
    name: Name,
    storage: Storage = _RESULTS,
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


@app.command()
def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[LABEL=]NAME[,NAME]", help="A sweep, or several seeds of one kind."
        ),
    ],
    storage: Storage = _RESULTS,
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
    storage: Storage = _RESULTS,
    as_json: AsJson = False,
) -> None:
    """Replay a finished sweep under another searcher or scheduler, in virtual time."""
    from pareto_search.commands.simulating import simulate_sweep

    simulate_sweep(storage, name, settings or [], workers, seeds, as_json)


@app.command()
def sync(name: Name, storage: Storage = _RESULTS, tracking_uri: Tracking = None) -> None:
    """Record in MLflow whatever of a sweep is not recorded yet."""
    from pareto_search.commands.tracking import sync_sweep

    sync_sweep(storage, name, tracking_uri)


@app.command()
def ui(
    name: Annotated[str | None, typer.Argument(help="Open this sweep.", metavar="[NAME]")] = None,
    storage: Storage = _RESULTS,
    tracking_uri: Tracking = None,
    port: Annotated[int, typer.Option(help="Port; the next free one where it is taken.")] = 5000,
) -> None:
    """Serve the MLflow UI on the sweeps of a storage directory."""
    from pareto_search.commands.tracking import serve

    raise typer.Exit(serve(storage, name, tracking_uri, port))


def main() -> None:
    """Run the command line; every error ends with one message and its exit code."""
    try:
        app()
    except ParetoSearchError as error:
        if _state["debug"]:
            raise
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # the last resort: one line instead of a traceback
        if _state["debug"]:
            raise
        typer.echo(f"error: unexpected {type(error).__name__}: {error}", err=True)
        typer.echo("`pareto-search --debug ...` shows where. Please report it.", err=True)
        sys.exit(1)
