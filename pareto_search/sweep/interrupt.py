"""Ctrl-C and SIGTERM: the first asks the sweep to stop and keep its state, the second ends it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Interrupt:
    """Whether the user has asked to stop."""

    is_set: bool = False

    def install(self) -> None:
        """Take both signals from whoever has them: Ray takes SIGTERM when it starts."""
        for number in _SIGNALS:
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.is_set:
            os.write(sys.stderr.fileno(), b"\nEnded at once.\n")
            os._exit(130)
        self.is_set = True
        os.write(sys.stderr.fileno(), b"\nStopping; a second Ctrl-C ends at once.\n")


@contextmanager
def listen() -> Iterator[Interrupt]:
    """An `Interrupt` that signals set for the time of the block; handlers are put back after it."""
    interrupt = Interrupt()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    interrupt.install()
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
