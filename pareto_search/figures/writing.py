"""Puts figures into files, each whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

from pareto_search.errors import Problem, RecipeError
from pareto_search.figures.front_view import FrontView, front_view
from pareto_search.figures.interactive import page_bytes, plot_front
from pareto_search.figures.static import draw_front, image_bytes
from pareto_search.storage.directory import SweepDirectory


def save_front(directory: SweepDirectory, path: Path) -> Path:
    """Draw the front of the sweep in `directory` into `path`: .png, .svg or .html.

    Raises:
        RecipeError: `path` ends otherwise.
    """
    kind = path.suffix.lower()
    if kind == ".html":
        return put(path, page_bytes(plot_front(_view(directory)), "front"))
    if kind == ".png":
        return put(path, image_bytes(draw_front(_view(directory)), "png"))
    if kind == ".svg":
        return put(path, image_bytes(draw_front(_view(directory)), "svg"))
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


def put(path: Path, content: bytes) -> Path:
    """Make the file at `path` hold `content`, and its folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
    return path
