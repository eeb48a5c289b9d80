"""Puts the figure of a comparison into a file, whole or not at all."""

from pathlib import Path

from pareto_search.comparison.comparing import Comparison
from pareto_search.errors import Problem, RecipeError
from pareto_search.figures.comparison_interactive import plot_comparison
from pareto_search.figures.comparison_static import draw_comparison
from pareto_search.figures.comparison_view import comparison_view
from pareto_search.figures.interactive import page_bytes
from pareto_search.figures.static import image_bytes
from pareto_search.storage.placing import placing, put


def save_comparison(comparison: Comparison, path: Path) -> Path:
    """Draw `comparison` into `path`: .png, .svg or .html.

    Raises:
        RecipeError: `path` ends otherwise, or cannot be written.
    """
    content = _content(comparison, path)
    with placing("--plot", path):
        return put(path, content)


def _content(comparison: Comparison, path: Path) -> bytes:
    match path.suffix.lower():
        case ".html":
            return page_bytes(plot_comparison(comparison_view(comparison)), "comparison")
        case ".png":
            return image_bytes(draw_comparison(comparison_view(comparison)), "png")
        case ".svg":
            return image_bytes(draw_comparison(comparison_view(comparison)), "svg")
    rule, found = "should end in .png, .svg or .html.", f"Found `{path.name}`."
    hint = "Use compare.html to look at single trials."
    raise RecipeError([Problem(rule, found, "--plot", hint)])
