"""Puts figures into files, each whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

from pareto_search.errors import Problem, RecipeError
from pareto_search.figures.front_view import FrontView, front_view
from pareto_search.figures.interactive import page_bytes, plot_front
from pareto_search.figures.static import draw_front, image_bytes
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.placing import placing, put


def save_front(directory: SweepDirectory, path: Path) -> Path:
    """Draw the front of the sweep in `directory` into `path`: .png, .svg or .html.

    Raises:
        RecipeError: `path` ends otherwise, or cannot be written.
    """
    content = _content(directory, path)
    with placing("--plot", path):
        return put(path, content)


def _content(directory: SweepDirectory, path: Path) -> bytes:
    kind = path.suffix.lower()
    if kind == ".html":
        return page_bytes(plot_front(_view(directory)), "front")
    if kind == ".png":
        return image_bytes(draw_front(_view(directory)), "png")
    if kind == ".svg":
        return image_bytes(draw_front(_view(directory)), "svg")
    raise RecipeError(
        [
            Problem(
                key="--plot",
                rule="should end in .png, .svg or .html.",
                found=f"Found `{path.name}`.",
                hint="Use front.html to look at single trials.",
            )
        ]
    )


def _view(directory: SweepDirectory) -> FrontView:
    objectives = directory.config().objectives
    return front_view(directory.records(), objectives, directory.runs(), directory.name)


def put_all(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write each of `contents` into `folder` under its name, and list the files."""
    return [put(folder / name, content) for name, content in contents.items()]
