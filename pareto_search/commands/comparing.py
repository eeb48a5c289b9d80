"""`compare`: sweeps, or groups of sweeps that differ by their seed, against each other."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from pareto_search.commands.console import results_console
from pareto_search.comparison.comparing import compare
from pareto_search.comparison.contestants import load_contestants
from pareto_search.comparison.fairness import check_fair
from pareto_search.comparison.plain import as_json as plain
from pareto_search.comparison.tables import print_comparison


def compare_sweeps(
    storage: Path, names: Sequence[str], plot: Path | None, as_json: bool, anyway: bool
) -> None:
    """Compare the contestants that `names` state, and draw them into `plot`.

    Raises:
        SweepNotFoundError: there is no such sweep.
        SweepFailedError: one has no front.
        RecipeError: they cannot be compared, or `plot` ends otherwise than it may.
    """
    contestants = load_contestants(storage.resolve(), names)
    comparison = compare(contestants, check_fair(contestants, anyway))
    if plot is not None:
        # what draws takes a second to import
        from pareto_search.figures.comparison_saving import save_comparison

        save_comparison(comparison, plot)
        typer.echo(f"Wrote {plot}", err=True)
    if as_json:
        typer.echo(json.dumps(plain(comparison), indent=2, allow_nan=False))
    else:
        print_comparison(comparison, results_console())
