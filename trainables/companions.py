"""The processes that train one network together with this one: started, watched and ended by it.

For a trial that has several GPUs of one machine, and nobody who starts a process for each (as
torchrun does). This process is rank 0 of them (see `trainables.ranks`), and alone speaks with the
host. Each of the others is a `trainables.companion`. It is told what to train on its standard
input, which then stays open: where that closes, however this process ended, it ends as well.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import IO, final

import torch
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from trainables.compute.device import find_device
from trainables.errors import LostRankError, OutOfMemoryError, ParameterError, TrainablesError
from trainables.ranks import MASTER_ADDR, MASTER_PORT, TIMEOUT_S, abandon, are_several

MEMORY_CODE = 3
"""Exit code of a companion that wants memory: the parameters are to blame, not a lost process."""

LOST_CODE = 4
"""Exit code of a companion that lost another process: it is not what the training ended by."""

_ADDRESS = "127.0.0.1"
_LISTENED_S = 10
"""Seconds until the end of a process is known that an exchange has failed by."""
_LINES = 8
"""Of what a companion said before it ended."""


@contextmanager
def companions(
    processes: int, device: str, threads: int | None, job: Mapping[str, object]
) -> Iterator["Company"]:
    """Have `processes` train together for the time of the block, this one among them.

    Nothing is started for one process, nor where this is one of several already. No process and
    no variable of the environment is left behind, whatever the block ends with.

    Args:
        processes: How many, this one included.
        device: `device` of the parameters; on accelerators each process takes one of its own.
        threads: Of each process; where None, they share the threads that this one had.
        job: What `trainables.companion` reads, as JSON.

    Raises:
        ParameterError: this process sees too few accelerators.
        LostRankError: a companion has ended; the message holds what it said last.
        OutOfMemoryError: a companion wants memory.
    """
    if processes == 1 or are_several():
        with _threads(threads):
            yield Company(())
        return
    _refuse_few_devices(processes, device)
    threads = threads or max(1, torch.get_num_threads() // processes)
    with ExitStack() as held:
        held.enter_context(_threads(threads, are_kept=False))
        store = held.enter_context(_meeting_place())
        place = _place(processes, store)
        company = Company(
            [
                held.enter_context(_companion(place | _number(rank), {**job, "threads": threads}))
                for rank in range(1, processes)
            ],
            store,
        )
        held.enter_context(_environment(place | _number(0)))
        try:
            yield company
        except LostRankError as error:
            raise company.reason() or error from error


def say_ready() -> None:
    """Tell the first process, from a companion, that this one is about to join."""
    port = int(os.environ[MASTER_PORT])
    store = TCPStore(os.environ[MASTER_ADDR], port, is_master=False, wait_for_workers=False)
    store.set(_ready(int(os.environ["RANK"])), "")


@final
class Company:
    """The companions of this process. Held: they, and where all meet; both may be none."""

    def __init__(self, members: Sequence["_Companion"], store: TCPStore | None = None) -> None:
        """Of `members`, ranks 1 and on, which say in `store` when they are ready."""
        self._members = members
        self._store = store

    def gather(self) -> None:
        """Wait until all are about to join: a process that waits in joining is told of no end.

        Raises:
            LostRankError: one has ended instead.
            OutOfMemoryError: one wants memory.
        """
        if self._store is None:
            return
        ready = [_ready(member.rank) for member in self._members]
        end = time.monotonic() + TIMEOUT_S
        while not self._store.check(ready):
            if error := self._found():
                raise error
            if time.monotonic() > end:
                raise LostRankError(
                    "Every process of this training should prepare its data and join. Found that "
                    f"one has not in {TIMEOUT_S} s."
                )
            time.sleep(0.02)

    def reason(self) -> TrainablesError | None:
        """Why an exchange has failed, as soon as it is known; None where all live on."""
        end = time.monotonic() + _LISTENED_S
        while time.monotonic() < end:
            if error := self._found():
                return error
            time.sleep(0.02)
        return None

    def _found(self) -> TrainablesError | None:
        return next((member.error() for member in self._members if member.is_lost), None)


class _Companion:
    """One companion. Held: its process, the file of what it says, and whether it was lost."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes], rank: int) -> None:
        self.rank = rank
        self._process, self._said = process, said
        self._lost, self._dismissed = Event(), Event()
        self._watch = Thread(target=self._wait, name=f"companion {rank}", daemon=True)
        self._watch.start()

    @property
    def is_lost(self) -> bool:
        """Whether it ended before its part was done, and not for the loss of another."""
        return self._lost.is_set()

    def tell(self, job: Mapping[str, object]) -> None:
        """Hand over what to train; its standard input stays open."""
        with contextlib.suppress(BrokenPipeError):  # it has ended: `is_lost` says so
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()

    def dismiss(self) -> None:
        """End it, and return when it is gone, with all that it held."""
        self._dismissed.set()
        self._process.kill()
        self._watch.join()
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()

    def error(self) -> TrainablesError:
        """What it was lost by."""
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()[-_LINES:]
        code = self._process.returncode
        if code == MEMORY_CODE:
            found = [line for line in said if f"{OutOfMemoryError.__name__}: " in line]
            return OutOfMemoryError(found[-1].partition(": ")[2] if found else "\n".join(said))
        how = f"exit code {code}" if code > 0 else f"signal {signal.Signals(-code).name}"
        lines = "\n".join(["", *said]) if said else " nothing."
        return LostRankError(
            f"Every process of this training should go on to its end. Found that the one of rank "
            f"{self.rank} has ended with {how}. It said last:{lines}"
        )

    def _wait(self) -> None:
        code = self._process.wait()
        if code not in (0, LOST_CODE) and not self._dismissed.is_set():
            self._lost.set()
            abandon()


@contextmanager
def _companion(variables: Mapping[str, str], job: Mapping[str, object]) -> Iterator[_Companion]:
    """A companion with these `variables`, for the time of the block.

    It is in a session of its own: Ctrl-C is for this process, which then ends it.
    """
    path = os.pathsep.join(filter(None, sys.path))  # a host may have added to it
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "trainables.companion"],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            env={**os.environ, **variables, "PYTHONPATH": path},
            start_new_session=True,
        )
        companion = _Companion(process, said, int(variables["RANK"]))
        try:
            companion.tell(job)
            yield companion
        finally:
            companion.dismiss()


def _refuse_few_devices(processes: int, device: str) -> None:
    if find_device(device).type != "cuda":
        return
    found = torch.cuda.device_count()
    if found < processes:
        raise ParameterError(
            "Parameter `compute.processes` should be at most the number of accelerators that a "
            f"trial sees, {found}. Found `compute.processes = {processes}`: lower it, or give a "
            "trial of a sweep more by `resources.gpu`."
        )


@contextmanager
def _meeting_place() -> Iterator[TCPStore]:
    """Where all meet: on this machine alone, on a port that nobody else has.

    `joined_ranks` finds it there instead of opening it, since it is of the same process.
    """
    with socket.create_server((_ADDRESS, 0)) as listener:
        yield TCPStore(
            _ADDRESS,
            listener.getsockname()[1],
            is_master=True,
            timeout=timedelta(seconds=TIMEOUT_S),
            wait_for_workers=False,
            multi_tenant=True,
            master_listen_fd=os.dup(listener.fileno()),  # the store closes it
        )


def _place(processes: int, store: TCPStore) -> dict[str, str]:
    place = {
        MASTER_ADDR: _ADDRESS,
        MASTER_PORT: str(store.port),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
    }
    if sys.platform == "linux":  # else gloo listens on the address of the machine's name
        place["GLOO_SOCKET_IFNAME"] = "lo"
    return place


def _number(rank: int) -> dict[str, str]:
    return {"RANK": str(rank), "LOCAL_RANK": str(rank)}


def _ready(rank: int) -> str:
    return f"companions/ready/{rank}"


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Within the block the environment has `variables`; a host runs other trials after it."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _threads(threads: int | None, are_kept: bool = True) -> Iterator[None]:
    """Use this many processor threads from now on, or for the time of the block alone."""
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        if not are_kept:
            torch.set_num_threads(before)
