"""What a trial prints is found in its own file, and nowhere else's."""
# ruff: noqa: T201  printing is what is tested

import logging
import sys

import pytest

from pareto_search.execution.outputs import printing_to


@pytest.fixture(autouse=True)
def streams(monkeypatch):
    """Streams of this test's own, put back after it."""
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)


def test_both_streams_are_kept_in_order_and_shown_too(tmp_path, capsys):
    with printing_to(tmp_path / "outputs" / "t0000.txt"):
        print("epoch 1")
        print("a warning", file=sys.stderr)
        print("epoch 2")
    assert (tmp_path / "outputs" / "t0000.txt").read_text() == "epoch 1\na warning\nepoch 2\n"
    assert capsys.readouterr() == ("epoch 1\nepoch 2\n", "a warning\n")


def test_a_trial_that_is_carried_on_adds_to_what_it_printed(tmp_path):
    for text in ("before", "after"):
        with printing_to(tmp_path / "t0000.txt"):
            print(text)
    assert (tmp_path / "t0000.txt").read_text() == "before\nafter\n"


def test_a_trial_that_prints_nothing_has_no_file(tmp_path):
    with printing_to(tmp_path / "t0000.txt"):
        print(end="")
    assert list(tmp_path.iterdir()) == []


def test_a_logger_made_in_one_trial_writes_to_the_file_of_the_next(tmp_path):
    logger = logging.getLogger("user code")
    with printing_to(tmp_path / "t0000.txt"):
        handler = logging.StreamHandler(sys.stdout)
        logger.addHandler(handler)
        logger.warning("first")
    with printing_to(tmp_path / "t0001.txt"):
        logger.warning("second")
    logger.removeHandler(handler)
    assert (tmp_path / "t0000.txt").read_text() == "first\n"
    assert (tmp_path / "t0001.txt").read_text() == "second\n"


def test_what_is_printed_between_trials_goes_to_no_file(tmp_path):
    with printing_to(tmp_path / "t0000.txt"):
        print("in it")
    print("after it")
    assert (tmp_path / "t0000.txt").read_text() == "in it\n"


def test_a_storage_that_cannot_be_written_does_not_fail_the_trial(tmp_path, capsys):
    (tmp_path / "outputs").write_text("a file, no folder")
    with printing_to(tmp_path / "outputs" / "t0000.txt"):
        print("epoch 1")
    assert capsys.readouterr().out == "epoch 1\n"
