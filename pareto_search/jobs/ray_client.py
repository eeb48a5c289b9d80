"""A sweep through Ray Client (``ray://HOST:PORT``), from a machine that is not of the cluster.

Ray Tune cannot run through one: its driver has to be on the cluster. So the working directory is
sent there, `run` is called on the head, and this process shows what that says until it ends.
"""

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pareto_search.errors import UnreachableError
from pareto_search.jobs.entrypoint import Call
from pareto_search.jobs.errand import Errand, Said
from pareto_search.jobs.packing import Package

ADVICE = (
    "The port of its Ray Client is usually 10001. `pareto-search submit` goes through the "
    "dashboard instead."
)
_EXCHANGE_S = 1.0
_INTERRUPTED = 130


def run_on_head(address: str, package: Package, call: Call) -> int:
    """Run `call` on the head of the cluster at `address`; returns its exit code.

    Its results go to stdout and its messages to stderr. The first Ctrl-C asks it to stop, the
    second leaves. It ends with this process, its state kept.

    Raises:
        UnreachableError: no Ray Client answers, or the connection is lost.
    """
    with tempfile.TemporaryDirectory() as place:
        archive = Path(place) / "working_dir.zip"
        package.write(archive)
        with _connected(address, archive):
            try:
                return _follow(_start(call), _show)
            except ConnectionError as error:
                raise UnreachableError(
                    f"The connection to `{address}` should last as long as the sweep. Found it "
                    f"lost: {error}. The same command carries the sweep on."
                ) from error


@contextmanager
def _connected(address: str, archive: Path) -> Iterator[None]:
    import ray

    try:
        ray.init(
            address,
            runtime_env={"working_dir": str(archive)},
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # Ray has no common root for what goes wrong here
        reason = str(error).strip().splitlines()[-1]
        raise UnreachableError(
            f"No Ray Client answers at `{address}`: {reason} {ADVICE}"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _start(call: Call) -> Any:  # noqa: ANN401  an actor's handle has no type
    import ray

    head = {"node:__internal_head__": 0.001}
    errand = ray.remote(Errand).options(num_cpus=0, resources=head)
    return errand.remote(call.words())


def _follow(errand: Any, show: Callable[[Said], None]) -> int:  # noqa: ANN401
    import ray

    is_asked = False
    while True:
        try:
            for piece in ray.get(errand.said.remote(_EXCHANGE_S)):
                show(piece)
            code = ray.get(errand.code.remote())
        except KeyboardInterrupt:
            if is_asked:
                return _INTERRUPTED
            is_asked = True
            errand.interrupt.remote()
            continue
        if code is not None:
            return int(code)


def _show(piece: Said) -> None:
    name, text = piece
    stream = sys.stdout if name == "stdout" else sys.stderr
    stream.write(text)
    stream.flush()
