"""Where a command is given, and where its sweep may be: told when it is not there."""

import os
import sys

import pytest
from comparing import write_sweep

from pareto_search.cli import main

DASHBOARD = "RAY_API_SERVER_ADDRESS"
HINT = f"Or ask the cluster that {DASHBOARD} names: --address http://127.0.0.1:9"


@pytest.fixture
def say(monkeypatch, capsys, tmp_path):
    """Runs a command in an empty folder; gives back its exit code and stderr."""
    monkeypatch.delenv(DASHBOARD, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(words):
        monkeypatch.setattr(sys, "argv", ["pareto-search", *words.split()])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize("words", ["status toy", "status toy --watch", "logs toy", "stop toy"])
def test_a_sweep_that_is_not_here_may_be_on_the_cluster_that_submit_goes_to(
    say, monkeypatch, words
):
    code, text = say(words)
    assert code == 5
    assert DASHBOARD not in text
    monkeypatch.setenv(DASHBOARD, "http://127.0.0.1:9")
    code, text = say(words)
    assert code == 5
    assert "No sweep named `toy` under" in text
    assert text.rstrip().endswith(HINT)


def test_a_sweep_that_is_here_is_looked_at_here(say, monkeypatch, tmp_path):
    write_sweep(tmp_path / "results", "toy", [(0.2, 0.6), (0.4, 0.4)])
    monkeypatch.setenv(DASHBOARD, "http://127.0.0.1:9")
    assert say("status toy") == (0, "")


@pytest.mark.parametrize("words", ["run recipe.yaml", "list", "status toy"])
def test_a_folder_that_is_gone_is_said_to_be(say, monkeypatch, tmp_path, words):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        code, text = say(words)
    finally:
        os.chdir(tmp_path)
    assert code == 4
    (line,) = text.splitlines()
    assert line.startswith("error: The directory that this command was started in should be there")
    assert "report it" not in line
