"""Who runs a sweep: the newest to say so, also where a file system does not keep the lock.

Locks of some shared file systems hold within one host only. On Kubernetes a second attempt may
begin while pods of the first are still there; the first then finds that it has been followed.
"""

import os
import socket
import time
from contextlib import suppress
from uuid import uuid4

from pareto_search.errors import SweepDamagedError
from pareto_search.storage.directory import SweepDirectory

_FILE = "writer.json"
_TOKEN = uuid4().hex
"""Of this process alone, though its number may be that of another on another host."""


def claim(directory: SweepDirectory) -> None:
    """Say that this process runs the sweep in `directory` from now on."""
    directory.write_json(
        _FILE,
        {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "token": _TOKEN,
        },
    )


def is_followed(directory: SweepDirectory) -> bool:
    """Whether another process has claimed the sweep since this one did."""
    with suppress(SweepDamagedError, OSError):
        return bool(directory.read_json(_FILE).get("token", _TOKEN) != _TOKEN)
    return False


def name_of_writer(directory: SweepDirectory) -> str:
    """Who has claimed the sweep, for a person: host, process and since when."""
    with suppress(SweepDamagedError, OSError, KeyError):
        writer = directory.read_json(_FILE)
        return f"process {writer['pid']} on {writer['host']} since {writer['since']}"
    return "another process"
