"""A long run needs no more memory than a short one."""

from pathlib import Path

import pytest
import torch
from balls import SMALL, make_data

from trainables.config import load_train_config
from trainables.training import train_epochs

pytestmark = pytest.mark.integration

EPOCHS, WARM_UP = 200, 60
BOUND_MIB = 8.0
"""Above what the allocator scatters; a batch or a graph kept by each epoch is more in sum."""


def resident_mib():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def growth_mib(keep=lambda: None):
    """MiB that the process grows by from epoch 60 to 200, with `keep` called in each report."""
    sizes = []

    def report(_metrics, _step, _save):
        keep()
        sizes.append(resident_mib())

    params = {**SMALL, "epochs": EPOCHS, "steps_per_epoch": 1, "threads": 1}
    params |= {"optimiser": {"ema_decay": 0.9}, "diagnostics": {"every": 1, "probe_every": 50}}
    train_epochs(load_train_config(params), make_data(), report)
    return sizes[-1] - sizes[WARM_UP]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory from /proc")
def test_memory_does_not_grow_over_200_epochs_and_a_leak_would_be_seen():
    assert growth_mib() < BOUND_MIB
    kept = []
    assert growth_mib(lambda: kept.append(torch.ones(2**15))) > BOUND_MIB  # 128 KiB an epoch
