"""Commands and paths as they are printed for a person to paste."""

import os
import shlex
from pathlib import Path

from pareto_search.storage.directory import SweepDirectory


def command(verb: str, directory: SweepDirectory, *flags: str) -> str:
    """The command line that does `verb` to the sweep in `directory`, from here, quoted.

    A sweep that ran on a cluster is carried on there.
    """
    words = ["pareto-search", verb, directory.name, "--storage", short(directory.storage), *flags]
    address = directory.facts().get("address") if verb == "resume" else None
    return shlex.join([*words, "--address", address] if address else words)


def short(path: Path) -> str:
    """`path` from here, where that is shorter than from the root."""
    return min(os.path.relpath(path), str(path), key=len)


def interrupted(directory: SweepDirectory) -> str:
    """What is said of a sweep that was interrupted."""
    return f"Interrupted; nothing is lost. Carry on with\n  {command('resume', directory)}"
