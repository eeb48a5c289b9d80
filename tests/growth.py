"""How much memory a long run comes to need, in a fresh process: ``python growth.py``.

It prints the MiB of a sound run, then of one that keeps 128 KiB an epoch.
"""

import sys
from pathlib import Path

import torch
from balls import SMALL, make_data

from trainables.config import load_train_config
from trainables.training import train_epochs

EPOCHS, WARM_UP = 200, 60


def resident_mib():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def growth_mib(keep):
    """MiB that the process grows by from epoch 60 to 200, with `keep` called in each report."""
    sizes = []

    def report(_metrics, _step, _save):
        keep()
        sizes.append(resident_mib())

    params = {**SMALL, "epochs": EPOCHS, "steps_per_epoch": 1}
    params |= {"optimiser": {"ema_decay": 0.9}, "diagnostics": {"every": 1, "probe_every": 50}}
    train_epochs(load_train_config(params), make_data(), report)
    return sizes[-1] - sizes[WARM_UP]


if __name__ == "__main__":
    torch.set_num_threads(1)
    kept = []
    found = growth_mib(lambda: None), growth_mib(lambda: kept.append(torch.ones(2**15)))
    sys.stdout.write("{} {}".format(*found))
