"""A request to stop concerns whoever runs the sweep when it is made, and nobody else."""

import pytest

from pareto_search.errors import UnreachableError
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.lock import writing
from pareto_search.storage.stop_request import ask_to_stop, is_asked_to_stop


def test_a_request_is_seen_until_the_sweep_is_let_go(tmp_path):
    directory = SweepDirectory(tmp_path)
    with writing(directory):
        assert not is_asked_to_stop(directory)
        ask_to_stop(directory)
        assert is_asked_to_stop(directory)
    assert not is_asked_to_stop(directory)


def test_a_request_to_one_who_was_gone_does_not_stop_the_next(tmp_path):
    directory = SweepDirectory(tmp_path)
    ask_to_stop(directory)
    with writing(directory):
        assert not is_asked_to_stop(directory)


def test_a_directory_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UnreachableError, match="cannot be written"):
        ask_to_stop(SweepDirectory(tmp_path / "none"))
