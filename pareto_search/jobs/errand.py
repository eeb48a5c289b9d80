"""A call of Python in a process on a cluster's head, and what it says: an actor of Ray's."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO

Said = tuple[str, str]
"""``stdout`` or ``stderr``, and text."""

_OF_THE_WORKER = ("RAY_JOB_ID", "RAY_RAYLET_PID", "RAY_NODE_ID", "RAY_JOB_CONFIG_JSON_ENV_VAR")
"""What Ray tells this process of itself, which a driver would take for its own."""


class Errand:
    """Runs Python in the working directory; made where that is to run."""

    def __init__(self, words: Sequence[str]) -> None:
        """Begin."""
        variables = {k: v for k, v in os.environ.items() if k not in _OF_THE_WORKER}
        variables |= {"PYTHONUNBUFFERED": "1", "RAY_ADDRESS": _this_cluster()}
        self._said: queue.Queue[Said | None] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, *words], env=variables, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace",
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._open = 2
        self._listen("stdout", self._process.stdout)
        self._listen("stderr", self._process.stderr)

    def said(self, patience_s: float) -> list[Said]:
        """What it has said since the last call; waits for something, `patience_s` at most."""
        heard: list[Said | None] = []
        try:
            heard.append(self._said.get(timeout=patience_s))
            while True:
                heard.append(self._said.get_nowait())
        except queue.Empty:
            pass
        self._open -= heard.count(None)
        return [piece for piece in heard if piece is not None]

    def code(self) -> int | None:
        """Its exit code; None where it still runs, or has more to say."""
        return None if self._open else self._process.wait()

    def interrupt(self) -> None:
        """Ask it to stop, as Ctrl-C does."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)

    def _listen(self, name: str, stream: IO[str]) -> None:
        def listen() -> None:
            for line in stream:
                self._said.put((name, line))
            self._said.put(None)

        threading.Thread(target=listen, daemon=True).start()


def _this_cluster() -> str:
    """Its address: on a machine there may be several."""
    import ray

    address: str = ray.get_runtime_context().gcs_address
    return address
