"""`init`, `validate` and `schema`: recipes before anything runs."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.loading import load_recipe
from pareto_search.recipe.schema import recipe_schema
from pareto_search.recipe.template import recipe_template
from pareto_search.searchers import with_searcher
from pareto_search.storage.placing import placing
from pareto_search.trials.preflight import check_sweep
from pareto_search.trials.warm_start import gather

SCHEMA_FILE = "recipe.schema.json"


def write_template(recipe: Path) -> None:
    """Write a commented recipe, and the schema its first line names beside it.

    Raises:
        RecipeError: the file exists already, or cannot be written.
    """
    if recipe.exists():
        raise RecipeError(
            [
                Problem(
                    where=str(recipe),
                    rule="A new recipe should not replace a file.",
                    found="It exists already.",
                    hint="Give another name.",
                )
            ]
        )
    schema = recipe.with_name(SCHEMA_FILE)
    with placing("FILE", recipe):
        recipe.write_text(recipe_template())
        schema.write_text(json.dumps(recipe_schema(), indent=2) + "\n")
    typer.echo(f"Wrote {recipe} and {schema}. Next: pareto-search validate {recipe}")


def validate_recipe(
    recipe: Path, settings: Sequence[str], name: str | None, storage: Path | None
) -> None:
    """Check everything that `run` checks before its first trial, and say what was found."""
    place = None if storage is None else str(storage)
    config = load_recipe(recipe, settings, name=name, storage=place)
    facts = check_sweep(config)
    typer.echo(
        f"{recipe} is valid: sweep {config.name}, {len(config.space)} parameters, "
        f"{len(config.objectives)} objectives, {config.budget.trials} trials."
    )
    _, reason = with_searcher(config)
    _, told = gather(config, facts, Path(str(config.storage)).resolve())
    for line in ([f"searcher {reason}"] if reason else []) + told:
        typer.echo(f"  {line}")
    for key, value in facts.items():
        typer.echo(f"  {key}: {value}")


def print_schema() -> None:
    """The JSON Schema of recipes, on stdout."""
    typer.echo(json.dumps(recipe_schema(), indent=2))
