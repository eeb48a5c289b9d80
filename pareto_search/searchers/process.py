"""A searcher in a process of its own, so that a slow one never delays a result.

A thread would not do: a Gaussian process of seconds holds the interpreter's lock for most of them.
"""

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import IO, Any

from pareto_search.errors import SearcherError
from pareto_search.searchers.protocol import Outcome, Searcher
from pareto_search.searchers.serving import Answer
from pareto_search.space import Point, Scalar

DEATHS = 3
"""Deaths of the process in one call, after which the call is taken to be their cause."""

_CHILD = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from pareto_search.searchers.serving import serve; serve(int(sys.argv[1]))"
)
_Call = tuple[str, tuple[Any, ...]]


class SearcherProcess:
    """Runs the searcher that `make` makes; holds its process and every event it was told.

    Calls are carried out in the order they are made, none of which waits. A process that dies
    (the kernel took its memory) is started again and told all events again, after which it
    proposes what it would have proposed. `make` and what it returns must be known by import.
    """

    def __init__(self, make: Callable[[], Searcher]) -> None:
        """Start the process; its imports go on beside the caller."""
        self._make = make
        self._events: list[_Call] = []
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="searcher")
        self._child: _Child | None = None
        self._failure: SearcherError | None = None
        self._is_closed = False
        self._thread.submit(self._record, None)

    @property
    def pid(self) -> int | None:
        """The process's number, once there is one."""
        return self._child.pid if self._child else None

    def adopt(self, index: int, point: Point) -> None:
        """As `Searcher.adopt`; what it raises comes with the next proposal."""
        self._tell("adopt", index, dict(point))

    def tell(self, index: int, outcome: Outcome) -> None:
        """As `Searcher.tell`; what it raises comes with the next proposal."""
        self._tell("tell", index, outcome)

    def ask(self, index: int) -> "Future[tuple[dict[str, Scalar], float]]":
        """The point for trial `index`, and the seconds it took, once both are known.

        The future raises SearcherError where this call or one before it has failed.
        """
        return self._thread.submit(self._ask, index)

    def close(self) -> None:
        """End the process, whatever it does; proposals not made yet never will be."""
        self._is_closed = True
        if self._child:
            self._child.kill()
        self._thread.shutdown(cancel_futures=True)
        if self._child:
            self._child.end()
            self._child = None

    def _tell(self, *call: Any) -> None:  # noqa: ANN401  a method and its arguments
        method, *arguments = call
        self._thread.submit(self._record, (method, tuple(arguments)))

    def _record(self, event: _Call | None) -> None:
        with suppress(SearcherError):
            self._call(event)
            if event:
                self._events.append(event)

    def _ask(self, index: int) -> tuple[dict[str, Scalar], float]:
        answer = self._call(("ask", (index,)))
        self._events.append(("adopt", (index, answer.value)))
        return answer.value, answer.seconds

    def _call(self, call: _Call | None) -> Answer:
        if self._failure:
            raise self._failure
        try:
            return self._persistently(call)
        except SearcherError as error:
            self._failure = error
            raise

    def _persistently(self, call: _Call | None) -> Answer:
        for _ in range(DEATHS):
            with suppress(EOFError, ConnectionError):
                child = self._started()
                return _checked(child.answer(call), call) if call else Answer()
            if self._is_closed:
                raise SearcherError("The searcher was closed.")
            last = self._child.end() if self._child else ""
            self._child = None
        raise SearcherError(
            f"The searcher should live through {_named(call)}. Found its process ended "
            f"{DEATHS} times in it: {last}. It may need more memory than there is; "
            "another `searcher.kind` needs less."
        )

    def _started(self) -> "_Child":
        if self._child is None:
            self._child = _Child()
            if self._is_closed:
                self._child.kill()
            _checked(self._child.answer(self._make), None)
            for event in self._events:
                _checked(self._child.answer(event), event)
        return self._child


class _Child:
    """Holds the process, our end of its socket, and the file of its last words."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  ends with the process
        with theirs, _unsignalled():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CHILD, str(theirs.fileno()), *sys.path],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
            )
        self._connection = Connection(ours.detach())

    @property
    def pid(self) -> int:
        return self._process.pid

    def answer(self, message: object) -> Answer:
        """Send `message` and wait for what comes back.

        Raises:
            EOFError, ConnectionError: the process has died.
        """
        self._connection.send(message)
        answer: Answer = self._connection.recv()
        return answer

    def kill(self) -> None:
        """End the process: who waits for an answer gets EOFError."""
        self._process.kill()

    def end(self) -> str:
        """End the process and let go of it; how it ended, in words."""
        self._process.kill()
        code = self._process.wait()
        self._connection.close()
        with self._words:
            self._words.seek(0)
            words = self._words.read().decode(errors="replace").strip().splitlines()
        return words[-1] if words else f"exit code {code}"


@contextmanager
def _unsignalled() -> Iterator[None]:
    """A process started in here never gets Ctrl-C or SIGTERM: the driver alone decides its end.

    A blocked signal stays blocked in the child, from before its first instruction.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _checked(answer: Answer, call: _Call | None) -> Answer:
    if answer.error is not None:
        last = answer.error.strip().splitlines()[-1]
        raise SearcherError(f"The searcher failed in {_named(call)}: {last}", answer.error)
    return answer


def _named(call: _Call | None) -> str:
    return f"`{call[0]}` of trial {call[1][0]}" if call else "its start"
