"""Serves MLflow's own UI on the store of a sweep, with a link to the sweep's run."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

import typer

from pareto_search.errors import UnreachableError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.redaction import redact
from pareto_search.tracking.cache import read_cache
from pareto_search.tracking.pages import run_page, view_page
from pareto_search.tracking.store import ARTIFACTS, ENVIRONMENT, is_server

START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 10.0
_PORTS_TRIED = 50


def serve_ui(
    tracking_uri: str,
    storage: Path,
    directory: SweepDirectory | None = None,
    port: int = 5000,
    host: str = "127.0.0.1",
) -> int:
    """Print the address of the runs in `tracking_uri`, served until Ctrl-C if need be.

    A server is running already where the store is one: then this only prints. Otherwise one is
    started at `port`, or the next free one.

    Returns:
        The exit code, 0.

    Raises:
        UnreachableError: the server did not come up or ended by itself.
    """
    if is_server(tracking_uri):
        typer.echo(redact("\n".join(links(tracking_uri, directory))))
        return 0
    port = free_port(host, port)
    address = f"http://{host}:{port}"
    with tempfile.TemporaryFile() as log, _server(tracking_uri, storage, host, port, log) as server:
        try:
            with _terminable():
                _await_ready(server, address, log)
                typer.echo("\n".join([*links(address, directory), "Ctrl-C ends the server."]))
                server.wait()
                _fail(log)
        except KeyboardInterrupt:
            return 0


def run_link(address: str, directory: SweepDirectory | None) -> str:
    """The page of the sweep's parent run under `address`; the start page where none is known."""
    known = read_cache(directory) if directory else {}
    if not known.get("parent_run_id"):
        return address
    page = run_page(known["experiment_id"], known["parent_run_id"])
    return f"{address.rstrip('/')}/{page}"


def view_link(address: str, directory: SweepDirectory) -> str:
    """The page of the sweep's shared view under `address`; empty where there is none."""
    known = read_cache(directory)
    if not known.get("view"):
        return ""
    return f"{address.rstrip('/')}/{view_page(known['experiment_id'], known['view'])}"


def links(address: str, directory: SweepDirectory | None) -> list[str]:
    """What a person may open under `address`: the run of the sweep, and all trials as a front."""
    view = view_link(address, directory) if directory else ""
    found = [run_link(address, directory)]
    return [*found, f"trials as coloured points: {view}"] if view else found


def server_links(directory: SweepDirectory) -> list[str]:
    """`links` of a sweep that a tracking server has.

    None where it lies in a database, or where nothing of it could be recorded.
    """
    known = read_cache(directory)
    address = str(known.get("tracking_uri", ""))
    is_there = is_server(address) and bool(known.get("parent_run_id"))
    return links(address, directory) if is_there else []


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port above it that nothing listens on.

    Raises:
        UnreachableError: none of the next fifty is free.
    """
    for port in range(wanted, min(wanted + _PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                return port
    raise UnreachableError(
        f"A port from {wanted} on should be free on {host}. Found none among {_PORTS_TRIED}: "
        "name another one with --port."
    )


def server_environment(tracking_uri: str) -> dict[str, str]:
    """The environment of a server on `tracking_uri`.

    The store is named here and not on the command line, where every user of the machine could
    read its password. Job execution would take another 1.4 GB.
    """
    own = {
        "MLFLOW_BACKEND_STORE_URI": tracking_uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    return {**ENVIRONMENT, **os.environ, **own}


@contextlib.contextmanager
def _server(
    tracking_uri: str, storage: Path, host: str, port: int, log: IO[bytes]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A server of its own process group, which is ended whatever happens."""
    # one worker: with several, kept-alive connections are slow, and a laptop needs no more
    options = ["--host", host, "--port", str(port), "--workers", "1"]
    artifacts = ["--default-artifact-root", (storage.resolve() / ARTIFACTS).as_uri()]
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", *options, *artifacts],
        env=server_environment(tracking_uri),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield server
    finally:
        _stop(server)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(_STOP_TIMEOUT_S)
            return


def _await_ready(server: "subprocess.Popen[bytes]", address: str, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{address}/health", timeout=2).close()
            return
        time.sleep(0.2)
    _fail(log)


def _fail(log: IO[bytes]) -> NoReturn:
    log.seek(0)
    tail = "\n".join(log.read().decode(errors="replace").splitlines()[-5:])
    raise UnreachableError(
        f"The MLflow server should keep running. Found it ended:\n{redact(tail)}"
    )


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM end the block as Ctrl-C does, so that no server is left behind."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
