"""`k8s render`: the manifest of a sweep."""

from collections.abc import Sequence
from pathlib import Path

import typer

from pareto_search.manifests.rendering import render
from pareto_search.manifests.request import Request
from pareto_search.manifests.writing import manifest_text
from pareto_search.recipe.loading import load_recipe
from pareto_search.recipe.writing import recipe_under


def render_recipe(
    recipe: Path, settings: Sequence[str], name: str | None, request: Request
) -> None:
    """Print the manifest of the sweep of `recipe`; what was chosen for it goes to stderr.

    Neither the data nor the trainable have to be here.

    Raises:
        RecipeError: the recipe or an option cannot be used, or the manifest breaks a rule.
    """
    config = load_recipe(recipe, settings, name=name)
    rendered = render(config, recipe_under(recipe, settings, name), request)
    for note in rendered.notes:
        typer.echo(note, err=True)
    typer.echo(manifest_text(rendered), nl=False)
