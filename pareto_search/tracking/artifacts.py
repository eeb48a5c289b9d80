"""What a finished sweep leaves on its parent run: documents, figures, the front and a note."""

from collections.abc import Sequence
from pathlib import Path

from pareto_search.fronts.front import Front, front_of
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import TrialRecord
from pareto_search.tracking.client import Run, TrackingClient
from pareto_search.tracking.documents import put_documents
from pareto_search.tracking.note import front_rows, make_note, make_opening_note
from pareto_search.tracking.pages import Pages, artifact_page, view_page
from pareto_search.tracking.session import Session

FOLDER = "figures"
TABLE = f"{FOLDER}/front_table.json"
NOTE = "mlflow.note.content"
PLOT = "front.html"
SUFFIXES = (".png", ".svg", ".html", ".csv", ".json")


def put_opening(session: Session, view: str) -> None:
    """Put a first note on the parent run, where there is none; `view` is the shared view's key."""
    if NOTE not in session.parent.tags:
        note = make_opening_note(_pages(session, view, []))
        session.client.write(session.parent, tags={NOTE: note})


def put_results(
    session: Session,
    directory: SweepDirectory,
    config: SweepConfig,
    records: Sequence[TrialRecord],
    view: str,
) -> None:
    """Put everything on the parent run, in place of what an earlier call put there.

    The report lies at the top, where it is seen first, the figures in a folder.
    """
    client, parent = session.client, session.parent
    front = front_of(records, config.objectives)
    put_documents(client, parent, directory)
    names = []
    if directory.report.exists():
        client.put_file(parent, directory.report)
        names.append(directory.report.name)
    files = figures(directory)
    for file in files:
        client.put_file(parent, file, FOLDER)
    names += [f"{FOLDER}/{file.name}" for file in files]
    if len(front):
        names.append(TABLE)
        _put_front(client, parent, front)
    note = make_note(config.name, front, records, names, _pages(session, view, files))
    if parent.tags.get(NOTE) != note:
        client.write(parent, tags={NOTE: note})


def figures(directory: SweepDirectory) -> list[Path]:
    """The sweep's figures and tables but its report, by name; none before they were drawn."""
    if not directory.figures.is_dir():
        return []
    found = (file for file in directory.figures.iterdir() if file.suffix in SUFFIXES)
    return sorted(file for file in found if file != directory.report)


def _put_front(client: TrackingClient, parent: Run, front: Front) -> None:
    columns, rows = front_rows(front)
    client.put_table(parent, TABLE, columns, rows)


def _pages(session: Session, view: str, files: Sequence[Path]) -> Pages:
    experiment, run = session.experiment_id, session.parent.id
    has_plot = any(file.name == PLOT for file in files)
    return Pages(
        view=view_page(experiment, view) if view else "",
        plot=artifact_page(experiment, run, f"{FOLDER}/{PLOT}") if has_plot else "",
    )
