"""A file is there whole or not at all: killed writers, full disks, damage."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from trainables.data import whole_files
from trainables.data.whole_files import (
    PARTIAL,
    read_record,
    remove_abandoned,
    write_record,
    write_whole,
)


def test_what_is_written_is_read_and_leaves_nothing_else(tmp_path):
    file = tmp_path / "made" / "here.record"
    write_record(file, {"a": 1})
    write_record(file, {"a": [2, "b"]})
    assert read_record(file) == {"a": [2, "b"]}
    assert list(file.parent.iterdir()) == [file]


def test_a_record_that_is_torn_or_altered_or_missing_is_none(tmp_path):
    file = tmp_path / "a.record"
    write_record(file, {"a": 1})
    whole = file.read_bytes()
    torn = [whole[:length] for length in range(len(whole))]
    altered = [bytes([*whole[:n], whole[n] ^ 1, *whole[n + 1 :]]) for n in range(len(whole))]
    for content in (*torn, *altered):
        file.write_bytes(content)
        assert read_record(file) is None
    assert read_record(tmp_path / "b.record") is None


KILLED = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from trainables.data import whole_files

    def die(descriptor):
        os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = die
    whole_files.write_whole(Path(sys.argv[1]), b"x" * 1000)
""")


def test_a_writer_that_is_killed_leaves_nothing_that_counts(tmp_path):
    file = tmp_path / "a.record"
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not file.exists()
    (partial,) = tmp_path.iterdir()
    assert partial.name.endswith(PARTIAL)
    remove_abandoned(tmp_path)  # it may still be written to
    assert partial.exists()
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(partial, (long_ago, long_ago))
    remove_abandoned(tmp_path)
    assert not partial.exists()


def test_a_file_that_may_not_be_so_large_leaves_no_trace(tmp_path):
    """What a full disk does: the write fails in its middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_whole(tmp_path / "a", b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_a_disk_is_not_filled_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(whole_files, "_KEPT_FREE", 2**60)
    monkeypatch.setattr(whole_files, "_KEPT_FREE_PART", 1.0)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "a", b"x")
    assert not list(tmp_path.iterdir())
