"""Ctrl-C and SIGTERM: the first asks the sweep to stop and keep its state, the second ends it.

`pareto-search stop` asks the same from elsewhere.

A stop that takes longer than `PATIENCE_S` ends it too: where the signal went to the whole process
group, Ray's own processes are gone, and Ray would wait for them for minutes.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

PATIENCE_S = 15.0
STOPPING = "Stopping; a second Ctrl-C ends at once."
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Interrupt:
    """Whether the user has asked to stop, and what is printed if that takes too long."""

    farewell: str = ""
    is_set: bool = False
    _timer: threading.Timer | None = None

    def install(self) -> None:
        """Take both signals from whoever has them: Ray takes SIGTERM when it starts."""
        for number in _SIGNALS:
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.is_set:
            os.write(sys.stderr.fileno(), b"\nEnded at once.\n")
            os._exit(130)
        self.is_set = True
        if not sys.stderr.isatty():  # on a terminal the live table says it
            os.write(sys.stderr.fileno(), f"\n{STOPPING}\n".encode())
        self._timer = threading.Timer(PATIENCE_S, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        os.write(sys.stdout.fileno(), f"{self.farewell}\n".encode())
        os._exit(130)

    def ask(self, why: str) -> None:
        """Ask the sweep to stop for a reason from elsewhere: Ray is whole, and may take time."""
        if not self.is_set:
            self.is_set = True
            os.write(sys.stderr.fileno(), f"\n{why}\n".encode())

    def relax(self) -> None:
        """The sweep has stopped: nothing is to be ended any more."""
        if self._timer is not None:
            self._timer.cancel()


@contextmanager
def listen(farewell: str = "") -> Iterator[Interrupt]:
    """An `Interrupt` that signals set for the time of the block; handlers are put back after it.

    `farewell` is the last word, on stdout, of a process that had to be ended.
    """
    interrupt = Interrupt(farewell)
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    interrupt.install()
    try:
        yield interrupt
    finally:
        interrupt.relax()
        for number, handler in before.items():
            signal.signal(number, handler)
