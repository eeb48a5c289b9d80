import subprocess
import sys
import textwrap

import pytest

from pareto_search.errors import SweepBusyError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.lock import is_running, writing

HOLD = textwrap.dedent("""
    import sys
    from pathlib import Path
    from pareto_search.storage.directory import SweepDirectory
    from pareto_search.storage.lock import writing
    with writing(SweepDirectory(Path(sys.argv[1]))):
        print("held", flush=True)
        sys.stdin.read()
""")


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
