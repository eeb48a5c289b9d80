"""Asking the process that runs a sweep to stop, from any host that shares its storage.

The request is a file in the sweep's directory. It concerns whoever runs the sweep when it is made:
`pareto_search.storage.lock` takes it back when the sweep's lock changes hands.
"""

from pareto_search.errors import UnreachableError
from pareto_search.storage.directory import SweepDirectory


def ask_to_stop(directory: SweepDirectory) -> None:
    """Ask whoever runs the sweep in `directory` to stop, and to keep its state.

    Raises:
        UnreachableError: the directory cannot be written.
    """
    try:
        (directory.path / "stop").touch()
    except OSError as error:
        raise UnreachableError(f"The sweep's directory cannot be written: {error}") from error


def is_asked_to_stop(directory: SweepDirectory) -> bool:
    """Whether a request lies there."""
    return (directory.path / "stop").exists()


def take_back(directory: SweepDirectory) -> None:
    """Remove the request, if there is one."""
    (directory.path / "stop").unlink(missing_ok=True)
