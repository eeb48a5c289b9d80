"""``python -m trainables.companion``: one process that trains along with a trial's own.

It is started by `trainables.companions`, which says in the environment which of all it is, and on
standard input, as one line of JSON, what to train::

    {"params": {...}, "checkpoint": path or null, "described": {...}, "threads": n}

`described` is what the host expects of the data. It speaks with no host, saves nothing, and ends
when its standard input does: then the trial is over.
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

from trainables.report import Save

_STDIN = 0


def main() -> None:
    """Train as standard input says, and exit: with code 0, if all went well."""
    line = _read_line()
    Thread(target=_end_with_the_trial, daemon=True).start()
    _train(json.loads(line))


def _read_line() -> bytes:
    """Read without a buffer, whose lock a thread that waits in it would hold to the end."""
    with open(_STDIN, "rb", buffering=0, closefd=False) as raw:
        line = raw.readline()
    if not line.endswith(b"\n"):
        sys.exit(1)  # the trial is over before it began
    return line


def _end_with_the_trial() -> None:
    while os.read(_STDIN, 1):
        pass
    os._exit(1)


def _train(job: Mapping[str, object]) -> None:
    import torch

    from trainables.companions import LOST_CODE, MEMORY_CODE, say_ready
    from trainables.config import load_train_config
    from trainables.errors import LostRankError, OutOfMemoryError
    from trainables.segmentation import prepare
    from trainables.training import train_epochs

    torch.set_num_threads(job["threads"])  # type: ignore[arg-type]
    config = load_train_config(job["params"])  # type: ignore[arg-type]
    checkpoint = None if job["checkpoint"] is None else Path(str(job["checkpoint"]))
    try:
        data = prepare(config, job["described"])  # type: ignore[arg-type]
        say_ready()
        train_epochs(config, data, _say_nothing, checkpoint)
    except (OutOfMemoryError, LostRankError) as error:
        traceback.print_exc()
        sys.exit(LOST_CODE if isinstance(error, LostRankError) else MEMORY_CODE)


def _say_nothing(metrics: Mapping[str, float], step: int, save: Save | None = None) -> None:
    """Is never called: the first process reports."""


if __name__ == "__main__":
    main()
