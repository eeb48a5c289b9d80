"""A long run needs no more memory than a short one."""

import subprocess
import sys
from pathlib import Path

import growth
import pytest
from sweeping import environment

pytestmark = pytest.mark.integration

BOUND_MIB = 8.0
"""Above what an allocator scatters, below what is lost if each epoch keeps a batch or a graph."""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory from /proc")
def test_memory_does_not_grow_over_200_epochs_and_a_leak_would_be_seen():
    done = subprocess.run(
        [sys.executable, growth.__file__],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sound_mib, leaking_mib = map(float, done.stdout.split())
    assert sound_mib < BOUND_MIB < leaking_mib
