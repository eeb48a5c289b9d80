import socket
import subprocess
import sys
import textwrap
import threading

import pytest

from pareto_search.errors import SweepBusyError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.lock import is_running, writing
from pareto_search.storage.writer import is_followed, name_of_writer

HOLD = textwrap.dedent("""
    import sys
    from pathlib import Path
    from pareto_search.storage.directory import SweepDirectory
    from pareto_search.storage.lock import writing
    with writing(SweepDirectory(Path(sys.argv[1]))):
        print("held", flush=True)
        sys.stdin.read()
""")


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of `tmp_path`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_who_is_refused_learns_who_runs_the_sweep(holder, tmp_path):
    directory = SweepDirectory(tmp_path)
    who = f"process {holder.pid} on {socket.gethostname()}"
    with pytest.raises(SweepBusyError, match=who), writing(directory):
        pass


def test_a_writer_that_is_patient_begins_when_the_other_has_ended(holder, tmp_path):
    threading.Timer(2, holder.kill).start()  # longer than is waited for by default
    with writing(SweepDirectory(tmp_path), patience_s=60):
        assert holder.wait(5) != 0


def test_where_a_lock_holds_nobody_the_first_writer_learns_that_it_is_followed(tmp_path):
    directory = SweepDirectory(tmp_path)
    assert not is_followed(directory)
    with writing(directory):
        assert not is_followed(directory)
        other = HOLD.replace("lock import writing", "writer import claim")
        other = other.replace("with writing", "if not claim")
        with subprocess.Popen(
            [sys.executable, "-c", other, str(tmp_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout.readline() == "held\n"
            assert is_followed(directory)
            assert f"process {process.pid} on" in name_of_writer(directory)
            process.kill()


def test_a_second_writer_is_refused_until_the_first_process_ends_even_by_a_kill(tmp_path):
    directory = SweepDirectory(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        assert is_running(directory)
        with (
            pytest.raises(SweepBusyError, match="being run by another process"),
            writing(directory),
        ):
            pass
        holder.kill()
    assert not is_running(directory)
    with writing(directory):
        pass
