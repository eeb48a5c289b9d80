import os
import signal
import subprocess
import sys
import textwrap

import pytest

from pareto_search.sweep.interrupt import listen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_only_sets_the_flag_and_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with listen() as interrupt:
        assert not interrupt.is_set
        os.kill(os.getpid(), number)
        assert interrupt.is_set
    assert signal.getsignal(number) is before


def test_the_second_signal_ends_the_process_with_130():
    program = textwrap.dedent("""
        import os, signal
        from pareto_search.sweep.interrupt import listen
        with listen():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            print("never reached")
    """)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (130, "")
    assert "second Ctrl-C" in ended.stderr
