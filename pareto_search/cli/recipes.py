"""Commands of recipes: write one, check it, print the schema."""

from pathlib import Path
from typing import Annotated

import typer

from pareto_search.cli.options import Recipe, Settings

app = typer.Typer()


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
