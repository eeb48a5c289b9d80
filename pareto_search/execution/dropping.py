"""Drops old checkpoints beside Tune's event loop, which handles no result while it waits."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

THREADS = 8
"""On shared storage one waits for the server's answer, and others may wait meanwhile."""


class Dropper:
    """Removes folders on threads of its own: one of 150 MB takes a disk some 20 ms.

    Those that are gone or cannot be removed are passed over.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dropper")

    def drop(self, folder: Path) -> None:
        """Remove `folder` soon; returns at once."""
        self._threads.submit(shutil.rmtree, folder, ignore_errors=True)

    def close(self) -> None:
        """Wait until all are removed; nothing can be dropped after it."""
        self._threads.shutdown()
