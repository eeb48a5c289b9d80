"""Puts figures into files, each whole or not at all."""

from pathlib import Path

from pareto_search.errors import Problem, RecipeError
from pareto_search.figures.front_view import FrontView, front_view
from pareto_search.figures.history_view import history_view
from pareto_search.figures.interactive import page_bytes, plot_front, plot_history
from pareto_search.figures.static import draw_front, draw_history, image_bytes
from pareto_search.fronts.rows import front_rows, to_csv, to_json
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord


def write_figures(directory: SweepDirectory) -> list[Path]:
    """Write the figures of the sweep in `directory`, running or finished, and list them.

    ``front.png``, ``front.html``, ``hypervolume.png``, ``hypervolume.html``, and the rows of the
    front as ``front.csv`` and ``front.json``, all into ``figures/``.
    """
    config = directory.config()
    objectives, view = config.objectives, _view(directory)
    history = history_view(_finished(directory), objectives, directory.name, config.seeds.repeats)
    rows = front_rows(directory.records(), objectives, directory.runs())
    files = {
        "front.png": image_bytes(draw_front(view), "png"),
        "front.html": page_bytes(plot_front(view), "front"),
        "hypervolume.png": image_bytes(draw_history(history), "png"),
        "hypervolume.html": page_bytes(plot_history(history), "hypervolume"),
        "front.csv": to_csv(rows).encode(),
        "front.json": to_json(rows).encode(),
    }
    return [_put(directory.figures / name, content) for name, content in files.items()]


def save_front(directory: SweepDirectory, path: Path) -> Path:
    """Draw the front of the sweep in `directory` into `path`: .png, .svg or .html.

    Raises:
        RecipeError: `path` ends otherwise.
    """
    kind = path.suffix.lower()
    if kind == ".html":
        return _put(path, page_bytes(plot_front(_view(directory)), "front"))
    if kind == ".png":
        return _put(path, image_bytes(draw_front(_view(directory)), "png"))
    if kind == ".svg":
        return _put(path, image_bytes(draw_front(_view(directory)), "svg"))
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


def _finished(directory: SweepDirectory) -> list[TrialRecord]:
    """The finished trials in the order in which they ended, which is the journal's."""
    found: dict[str, TrialRecord] = {}
    for entry in directory.journal.read():
        if isinstance(entry, TrialRecord):
            found.setdefault(entry.uid, entry)
    return list(found.values())


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
    return path
