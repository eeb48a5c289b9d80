"""The child's side of `process.py`: a searcher that answers calls over a socket."""

import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave and the seconds it took, or the traceback of what it raised."""

    value: Any = None
    seconds: float = 0.0
    error: str | None = None


def serve(descriptor: int) -> None:
    """Answer calls over the socket `descriptor` until its other end is closed.

    The first message is a function that makes the searcher, each later one ``(method, arguments)``.
    The end of the driver, however it came about, closes the socket and so ends this process too.
    """
    with Connection(descriptor) as connection, suppress(EOFError, ConnectionError):
        made = _answer(connection.recv(), ())
        connection.send(replace(made, value=None))
        while True:
            method, arguments = connection.recv()
            connection.send(_answer(getattr(made.value, method), arguments))


def _answer(call: Callable[..., Any], arguments: Sequence[Any]) -> Answer:
    began = time.perf_counter()
    try:
        value = call(*arguments)
    except Exception:  # noqa: BLE001  whatever it is, the driver tells it
        return Answer(error=traceback.format_exc())
    return Answer(value, time.perf_counter() - began)
