"""The folder of one training run, readable after every crash.

::

    OUT/params.json     the parameters, as given
    OUT/metrics.jsonl   one line of metrics per epoch
    OUT/checkpoint/     the whole state of the last epoch
    OUT/model/          the exported network, once training has ended
    OUT/.lock           held by the training that writes here, while it runs
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from trainables.commands.out_folder import check_out_folder
from trainables.errors import ParameterError
from trainables.report import Save

_EPOCH = "epoch.txt"
"""In a checkpoint: the epoch it is of, since the metrics may be one line ahead."""


class RunFolder:
    """Reads and writes the files of one run; holds nothing but its path."""

    def __init__(self, path: Path) -> None:
        """Use the folder at `path`, which `begin` makes."""
        self.path = path
        self.model = path / "model"
        self._params = path / "params.json"
        self._metrics = path / "metrics.jsonl"
        self._checkpoint = path / "checkpoint"
        self._lock = path / ".lock"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, and be the one training that writes to it for the time of the block.

        The lock ends with its process, however that ends. Where the file system has no locks,
        none is held.

        Raises:
            ParameterError: another training holds it, or the folder cannot be used, see `begin`.
        """
        self._check_ours()
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._lock)
        with contextlib.suppress(OSError, NotImplementedError):  # no locks on this file system
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise ParameterError(
                    f"Folder {self.path} should have one training at a time. Found another that "
                    "is writing to it: name another folder with --out, or wait until it has ended."
                ) from None
        try:
            yield
        finally:
            lock.release()

    def begin(self, params: Mapping[str, Any], resume: bool) -> Path | None:
        """Make the folder ready for a run with `params`; the checkpoint to carry on from, if any.

        Without `resume` what an earlier run left is removed.

        Raises:
            ParameterError: the folder cannot be written to, holds something else than a run, or,
                with `resume`, a run with other parameters.
        """
        self._check_ours()
        self.path.mkdir(parents=True, exist_ok=True)
        if not resume:
            self._clear()
        text = json.dumps(params, indent=2, sort_keys=True, default=str) + "\n"
        checkpoint = self.checkpoint()
        if checkpoint is not None and self._params.read_text(encoding="utf-8") != text:
            raise ParameterError(
                f"Folder {self.path} should hold a run with the same parameters to carry it on. "
                "Found others in params.json: name another folder with --out, or start anew with "
                "--no-resume."
            )
        _replace_text(self._params, text)
        return checkpoint

    def checkpoint(self) -> Path | None:
        """The newest complete checkpoint; None before the first."""
        found = (self._checkpoint, _old(self._checkpoint))
        return next((path for path in found if path.is_dir()), None)

    def saved_epoch(self) -> int:
        """The epoch that `checkpoint` is of; 0 where there is none, or where it does not say."""
        checkpoint = self.checkpoint()
        try:
            return int((checkpoint / _EPOCH).read_text(encoding="utf-8")) if checkpoint else 0
        except (OSError, ValueError):
            return 0

    def rows(self) -> list[dict[str, float]]:
        """Metrics of every epoch that was reported, in order; a torn last line is passed over."""
        rows = []
        for line in self._metrics.read_bytes().splitlines() if self._metrics.exists() else []:
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
        return rows

    def record(self, metrics: Mapping[str, float], step: int, save: Save | None) -> None:
        """Add the metrics of epoch `step`, then replace the checkpoint by what `save` writes.

        Lines of `step` and later epochs are dropped first: a run that was killed between a line
        and its checkpoint trains that epoch again.
        """
        kept = [row for row in self.rows() if row["epoch"] < step]
        lines = [json.dumps(row) + "\n" for row in [*kept, {"epoch": step, **metrics}]]
        _replace_text(self._metrics, "".join(lines))
        if save is not None:
            with replaced_folder(self._checkpoint) as new:
                save(new)
                (new / _EPOCH).write_text(f"{step}\n", encoding="utf-8")

    def _check_ours(self) -> None:
        check_out_folder(self.path)
        entries = set(self.path.iterdir() if self.path.is_dir() else ())
        if entries - {self._lock} and not self._params.is_file():
            raise ParameterError(
                f"Folder {self.path} should be empty or hold a training run. Found other files: "
                "name another with --out."
            )

    def _clear(self) -> None:
        for path in (self._checkpoint, self.model):
            for folder in (path, _old(path)):
                shutil.rmtree(folder, ignore_errors=True)
        self._metrics.unlink(missing_ok=True)


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """An empty folder that takes the place of `path` once the block has filled it.

    At every moment either `path` or the folder `path` + ``.old`` is complete.
    """
    new = path.with_name(f"{path.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    yield new
    old = _old(path)
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
        path.rename(old)
    new.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _old(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")


def _replace_text(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
