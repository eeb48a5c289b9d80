"""Ctrl-C and SIGTERM: the first asks the sweep to stop and keep its state, the second ends it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Interrupt:
    """Whether the user has asked to stop."""

    is_set: bool = False


@contextmanager
def listen() -> Iterator[Interrupt]:
    """An `Interrupt` that signals set for the time of the block; handlers are put back after it."""
    interrupt = Interrupt()

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  signal's signature
        if interrupt.is_set:
            os.write(sys.stderr.fileno(), b"\nEnded at once.\n")
            os._exit(130)
        interrupt.is_set = True
        os.write(sys.stderr.fileno(), b"\nStopping; a second Ctrl-C ends at once.\n")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
