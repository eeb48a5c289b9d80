"""One of several processes that train `balls` together: ``python ranked.py OUT PARAMS.json``.

It writes what it has come to, for each of the named parameters, to ``OUT/RANK.pt``, and whether the
group was gone after that.
"""

import json
import os
import signal
import sys
import weakref
from pathlib import Path

import torch
import torch.distributed as dist
from balls import SMALL, make_data

from trainables import training
from trainables.checkpoint import load_state, save_state
from trainables.config import load_train_config
from trainables.epoch import Epoch
from trainables.ranks import ALONE, joined_ranks

CPU = torch.device("cpu")


def train(params, ranks=ALONE, checkpoint=None):
    """Reports, and all weights in one vector."""
    config = load_train_config({**SMALL, **params})
    data = make_data()
    state = training.make_state(config, data, CPU, ranks)
    if checkpoint is not None:
        load_state(state, checkpoint)
    rows = []
    run = training.make_run(config, data, state, ranks)
    training._train_epochs(state, run, data, lambda row, *_: rows.append(dict(row)))
    weights = [p.detach().flatten() for n in (state.network, state.judged) for p in n.parameters()]
    return {"rows": rows, "weights": torch.cat(weights)}


def resume(params, ranks, folder):
    """As `train`, but saved after the first epoch and carried on by a new state."""
    config, data = load_train_config({**SMALL, **params}), make_data()
    state = training.make_state(config, data, CPU, ranks)
    run = training.make_run(config, data, state, ranks)
    training._train_epoch(state, run, Epoch(), lambda: None)
    if ranks.is_first:
        folder.mkdir()
        save_state(state, folder)
    ranks.from_first("it is saved")
    return train(params, ranks, folder)


class LeftError(BaseException):
    """Ends a run inside `leave`, as a host does."""


class LeavingHost:
    """Leaves when it is asked for the n-th time, with the state in `folder`."""

    def __init__(self, folder, last):
        self.folder, self.last, self.polls = folder, last, 0

    def __call__(self, *_):
        raise AssertionError("it leaves before the first report")

    def leaving(self):
        self.polls += 1
        return self.polls == self.last

    def leave(self, save):
        self.folder.mkdir()
        save(self.folder)
        raise LeftError


def leave(params, ranks, folder, last):
    """As `train`, but the first one's host leaves when asked for the `last` time."""
    config, data = load_train_config({**SMALL, **params}), make_data()
    state = training.make_state(config, data, CPU, ranks)
    report = LeavingHost(folder, last) if ranks.is_first else print
    ended = None
    try:
        training._train_epochs(state, training.make_run(config, data, state, ranks), data, report)
    except (LeftError, SystemExit) as end:
        ended = type(end).__name__
    ranks.from_first("it is saved")
    return {**train(params, ranks, folder), "ended": ended}


def main(out, jobs):
    torch.set_num_threads(1)
    found = {}
    with joined_ranks("cpu") as ranks:
        group = weakref.ref(dist.group.WORLD)
        for name, params in jobs.items():
            if name == "killed" and ranks.rank == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            if name == "resumed":
                found[name] = resume(params, ranks, out / "checkpoint")
            elif name.startswith("left"):
                found[name] = leave(params, ranks, out / name, int(name.rpartition(" ")[2]))
            else:
                found[name] = train(params, ranks)
    found["left"] = group() is not None
    torch.save(found, out / f"{ranks.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
