"""Puts the report of a sweep and all of its figures into files."""

from pathlib import Path

from pareto_search.errors import Problem, RecipeError
from pareto_search.figures.album import Album, draw, make_album
from pareto_search.figures.front_view import front_view
from pareto_search.figures.history_view import history_view
from pareto_search.figures.interactive import page_bytes, plot_front, plot_history
from pareto_search.figures.material import load_material
from pareto_search.figures.report import report_page
from pareto_search.figures.static import draw_front, draw_history, image_bytes
from pareto_search.figures.writing import put_all
from pareto_search.fronts.rows import front_rows, to_csv, to_json
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.placing import placing, put


def write_figures(directory: SweepDirectory) -> list[Path]:
    """Write the report and the main figures of the sweep in `directory`, running or finished.

    ``report.html``, ``front.png``, ``front.html``, ``hypervolume.png``, ``hypervolume.html``, and
    the rows of the front as ``front.csv`` and ``front.json``, all into ``figures/``; they are
    listed in that order. The other figures are in the report; `save_report` makes files of them.
    """
    material = load_material(directory)
    objectives, name = material.objectives, material.name
    records, runs = material.records, material.runs
    view = front_view(records, objectives, runs, name)
    history = history_view(material.finished, objectives, name, material.config.seeds.repeats)
    rows = front_rows(records, objectives, runs)
    contents = {
        directory.report.name: report_page(material, make_album(material)),
        "front.png": image_bytes(draw_front(view), "png"),
        "front.html": page_bytes(plot_front(view), "front"),
        "hypervolume.png": image_bytes(draw_history(history), "png"),
        "hypervolume.html": page_bytes(plot_history(history), "hypervolume"),
        "front.csv": to_csv(rows).encode(),
        "front.json": to_json(rows).encode(),
    }
    return put_all(directory.figures, contents)


def save_report(
    directory: SweepDirectory, out: Path | None = None, figures: Path | None = None
) -> list[Path]:
    """Write the report of the sweep in `directory`, and list it and the figures beside it.

    Into `out`, by default ``report.html`` among the sweep's figures. With a folder `figures`,
    every figure goes there too, as PNG and as SVG.

    Raises:
        RecipeError: `out` ends otherwise than in .html, or a place cannot be written.
    """
    path = out or directory.report
    if path.suffix.lower() != ".html":
        raise RecipeError(
            [
                Problem(
                    key="--out",
                    rule="should end in .html.",
                    found=f"Found `{path.name}`.",
                    hint="PNG and SVG of every figure come with --figures DIR.",
                )
            ]
        )
    if figures is not None:
        with placing("--figures", figures, "folder"):  # before anything is drawn
            figures.mkdir(parents=True, exist_ok=True)
    material = load_material(directory)
    album = make_album(material)
    page = report_page(material, album)
    with placing("--out", path):
        put(path, page)
    return [path, *(_save_pictures(album, figures) if figures else [])]


def _save_pictures(album: Album, folder: Path) -> list[Path]:
    written = []
    for name, view in album.views.items():
        figure = draw(view)
        pictures = {
            f"{name}.png": image_bytes(figure, "png"),
            f"{name}.svg": image_bytes(figure, "svg"),
        }
        with placing("--figures", folder, "folder"):
            written += put_all(folder, pictures)
    return written
