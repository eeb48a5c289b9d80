"""`logs` without a cluster's address: what the trials of a sweep printed."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pareto_search.errors import Problem, RecipeError
from pareto_search.nearest import nearest
from pareto_search.storage.directory import SweepDirectory, find_sweep
from pareto_search.storage.lock import is_running

_GLANCE_S = 1.0
_LAST_LINES = 10
"""What is shown of each trial where none is named."""


def show_outputs(storage: Path, name: str, trial: str | None, follow: bool) -> int:
    """What trial `trial` of the sweep `name` printed, or the last lines of every trial's.

    Where it is followed, new lines are shown as they come, each behind its trial's name, until
    that trial has ended or nobody runs the sweep. Returns the exit code: 0, or 130 where Ctrl-C
    left before.

    Raises:
        SweepNotFoundError: there is no such sweep.
        RecipeError: it has no such trial.
    """
    directory = find_sweep(storage.resolve(), name)
    _check_trial(directory, trial)
    outputs = _Outputs(directory, trial)
    try:
        outputs.show()
        while follow and _goes_on(directory, trial):
            time.sleep(_GLANCE_S)
            outputs.show_new()
    except KeyboardInterrupt:
        return 130
    outputs.show_failures()
    return 0


def _check_trial(directory: SweepDirectory, trial: str | None) -> None:
    begun = [proposal.uid for proposal in directory.proposals()]
    if trial is None or trial in begun:
        return
    match = nearest(trial, begun)
    span = f"Found `{trial}`; {begun[0]} to {begun[-1]} have begun." if begun else "None has begun."
    hint = f"Did you mean `{match}`?" if match else ""
    raise RecipeError([Problem("should name a trial of the sweep.", span, "--trial", hint)])


def _goes_on(directory: SweepDirectory, trial: str | None) -> bool:
    ended = {record.uid for record in directory.records()} if trial else set()
    return trial not in ended and is_running(directory)


class _Outputs:
    """Shows the output of one trial or of all. Held: how far each file was shown."""

    def __init__(self, directory: SweepDirectory, trial: str | None) -> None:
        self._directory = directory
        self._trial = trial
        self._shown: dict[Path, int] = {}

    def show(self) -> None:
        """What there is: all of one trial, the end of each of many under its name."""
        for file in self._files("outputs"):
            text = self._new(file, whole=False)
            if self._trial:
                sys.stdout.write(text)
            else:
                lines = text.splitlines()
                skipped = len(lines) > _LAST_LINES
                title = f"==> {file.stem}{', the last lines' if skipped else ''} <=="
                sys.stdout.write("\n".join([title, *lines[-_LAST_LINES:]]) + "\n\n")
        sys.stdout.flush()

    def show_new(self) -> None:
        """What has come since."""
        for file in self._files("outputs"):
            for line in self._new(file, whole=True).splitlines():
                sys.stdout.write(f"{line}\n" if self._trial else f"{file.stem} | {line}\n")
        sys.stdout.flush()

    def show_failures(self) -> None:
        """Why trials failed: the whole traceback of one, the last line of each of many."""
        for file in self._files("failures"):
            text = file.read_text(errors="replace").rstrip()
            if self._trial:
                sys.stdout.write(f"==> {file.stem} failed <==\n{text}\n")
            else:
                last = (text.splitlines() or ["no cause given"])[-1]
                sys.stdout.write(f"==> {file.stem} failed: {last}\n")

    def _files(self, folder: str) -> Iterator[Path]:
        for file in sorted((self._directory.path / folder).glob("*.txt")):
            if self._trial in (None, file.stem):
                yield file

    def _new(self, file: Path, *, whole: bool) -> str:
        """What was added to `file` since the last call; `whole` lines alone."""
        with file.open("rb") as stream:
            stream.seek(self._shown.get(file, 0))
            added = stream.read()
        if whole:
            added = added[: added.rfind(b"\n") + 1]
        self._shown[file] = self._shown.get(file, 0) + len(added)
        return added.decode(errors="replace")
