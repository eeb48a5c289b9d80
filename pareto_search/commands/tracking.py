"""`sync` and `ui`: what MLflow has of a sweep."""

from contextlib import chdir, suppress
from pathlib import Path

import typer

from pareto_search.errors import RecipeError, SweepBusyError, UnreachableError
from pareto_search.storage.directory import SweepDirectory, find_sweep
from pareto_search.storage.lock import writing
from pareto_search.storage.redaction import redact
from pareto_search.tracking.recorder import Recorder
from pareto_search.tracking.store import resolve_tracking_uri
from pareto_search.tracking.ui import serve_ui
from pareto_search.trials.resolving import resolve_trainable

SYNC_TIMEOUT_S = 3600.0
"""A long backlog may take its time here, where nothing else waits for it."""


def sync_sweep(storage: Path, name: str, tracking_uri: str | None) -> None:
    """Record whatever is not recorded yet.

    Raises:
        SweepNotFoundError: there is no such sweep.
        SweepBusyError: another process runs it, and records it meanwhile.
        UnreachableError: the tracking server does not answer.
    """
    directory = find_sweep(storage.resolve(), name)
    uri = tracking_uri_of(directory, tracking_uri)
    try:
        with writing(directory):
            _record(directory, uri)
    except SweepBusyError:
        raise SweepBusyError(
            f"Sweep `{name}` is being run and recorded by another process; what that one cannot "
            "send can be sent when it has ended."
        ) from None
    typer.echo(f"Sweep {name} is recorded in {redact(uri)}.")


def serve(storage: Path, name: str | None, tracking_uri: str | None, port: int) -> int:
    """Serve the MLflow UI until Ctrl-C; returns the exit code."""
    directory = find_sweep(storage.resolve(), name) if name else None
    recipe = directory.config().tracking.uri if directory else None
    uri = resolve_tracking_uri(tracking_uri, recipe, storage.resolve())
    return serve_ui(uri, storage.resolve(), directory, port)


def tracking_uri_of(directory: SweepDirectory, flag: str | None) -> str:
    """The store of a sweep: the flag, else what its recipe says, else the default."""
    return resolve_tracking_uri(flag, directory.config().tracking.uri, directory.storage)


def _record(directory: SweepDirectory, uri: str) -> None:
    _find_trainable(directory)
    recorder = Recorder(directory, directory.config(), uri)
    if not recorder.close(timeout_s=SYNC_TIMEOUT_S):
        raise UnreachableError(f"The tracking server {redact(uri)}: {recorder.notice()}.")
    if recorder.warning():
        typer.echo(f"MLflow: {recorder.warning()}", err=True)


def _find_trainable(directory: SweepDirectory) -> None:
    """Import it from where the sweep was started, as the run did; models are exported by it.

    One that is gone costs their weights, which the recorder says.
    """
    with chdir(directory.started_in()), suppress(RecipeError):
        resolve_trainable(directory.config().trainable)
