"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

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
Address = Annotated[
    str | None,
    typer.Option(
        help="A running Ray: auto, HOST:PORT or ray://HOST:PORT; by default one is started here.",
        metavar="ADDRESS",
    ),
]
GrowTo = Annotated[
    int,
    typer.Option(
        min=0,
        help="Trials that the cluster may hold once its autoscaler has let it grow: so many are "
        "asked for, where `budget.concurrent` is auto.",
        metavar="TRIALS",
    ),
]
Wait = Annotated[
    str,
    typer.Option(
        help="How long to wait where another process still runs that sweep: 30s, 10m.",
        metavar="DURATION",
    ),
]
Dashboard = Annotated[
    str | None,
    typer.Option(
        help="The sweep's job on a cluster: the URL of its dashboard, http://head:8265.",
        metavar="URL",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
RESULTS = Path("results")
"""Where sweeps lie by default."""
