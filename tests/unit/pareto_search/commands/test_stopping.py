"""`stop` asks whichever process runs a sweep, waits for it, and says how to go on."""

import pytest
from recording import HandSweep

from pareto_search.commands import stopping
from pareto_search.commands.stopping import stop_sweep
from pareto_search.errors import SweepNotFoundError
from pareto_search.storage.lock import writing
from pareto_search.storage.stop_request import is_asked_to_stop, take_back


@pytest.fixture
def sweep(tmp_path):
    sweep = HandSweep(tmp_path)
    sweep.trial(0)
    return sweep


def test_a_sweep_that_nobody_runs_is_not_asked(sweep, capsys):
    assert stop_sweep(sweep.directory.storage, "toy") == 0
    assert not is_asked_to_stop(sweep.directory)
    text = capsys.readouterr().err
    assert "Nobody runs sweep toy." in text
    assert "pareto-search resume toy" in text


def test_it_waits_until_the_process_has_stopped(sweep, capsys, monkeypatch):
    looks = []

    def work(_):
        looks.append(is_asked_to_stop(sweep.directory))
        if len(looks) == 3:
            take_back(sweep.directory)

    monkeypatch.setattr(stopping.time, "sleep", work)
    with writing(sweep.directory):
        assert stop_sweep(sweep.directory.storage, "toy") == 0
    assert looks == [True, True, True]
    assert "Sweep toy has stopped; nothing is lost." in capsys.readouterr().err


def test_one_that_takes_long_is_explained_once(sweep, capsys, monkeypatch):
    times = iter(range(0, 10_000, 50))
    monkeypatch.setattr(stopping.time, "monotonic", lambda: next(times))
    left = list(range(5))
    monkeypatch.setattr(stopping.time, "sleep", lambda _: left.pop() or take_back(sweep.directory))
    with writing(sweep.directory):
        stop_sweep(sweep.directory.storage, "toy")
    assert capsys.readouterr().err.count("Sweep toy is still at it.") == 1


def test_ctrl_c_leaves_the_request_behind(sweep, capsys, monkeypatch):
    def leave(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(stopping.time, "sleep", leave)
    with writing(sweep.directory):
        assert stop_sweep(sweep.directory.storage, "toy") == 130
        assert is_asked_to_stop(sweep.directory)
    assert "is asked to stop, and will by itself" in capsys.readouterr().err


def test_one_that_ended_by_itself_meanwhile_is_not_to_be_carried_on(sweep, capsys, monkeypatch):
    def work(_):
        for index in (1, 2, 3):
            sweep.trial(index)
        take_back(sweep.directory)

    monkeypatch.setattr(stopping.time, "sleep", work)
    monkeypatch.setattr(stopping, "is_running", lambda _: True)
    monkeypatch.setattr("pareto_search.fronts.summary.is_running", lambda _: False)
    stop_sweep(sweep.directory.storage, "toy")
    text = capsys.readouterr().err
    assert "pareto-search status toy" in text
    assert "resume" not in text


def test_a_sweep_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SweepNotFoundError):
        stop_sweep(tmp_path, "toy")
