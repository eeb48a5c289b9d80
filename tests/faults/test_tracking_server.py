"""A tracking server that is down, killed or slow costs the sweep nothing and loses nothing."""

import socket
import time

import pytest
from recording import MLFLOW_WARNINGS, HandSweep
from sweeping import wait_for
from tracking_server import Server

from pareto_search.tracking.recorder import Recorder

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

CALL_S = 2.0
"""What the driver may wait for a call of the recorder on a busy machine: less than of a request."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server")
    yield server
    server.kill()


def timed(call, *arguments):
    began = time.monotonic()
    result = call(*arguments)
    return result, time.monotonic() - began


def test_every_metric_is_recorded_once_over_a_server_that_comes_late_and_is_killed(
    tmp_path, server
):
    sweep = HandSweep(tmp_path)
    recorder = Recorder(sweep.directory, sweep.config, server.uri, flush_interval_s=0.2)
    assert timed(recorder.start)[1] < CALL_S
    sweep.trial(0, 0.4, 0.6)  # down at first
    wait_for(lambda: recorder.notice() == "4 behind: connection refused")
    server.start()
    wait_for(lambda: recorder.notice() == "recorded")
    slowest = 0.0
    for index in range(1, 8):  # killed amid writing, and back
        sweep.trial(index, 0.4 - index / 20, 0.6 + index / 20)
        time.sleep(0.15)
        if index == 3:
            server.kill()
        slowest = max(slowest, timed(recorder.notice)[1])
    wait_for(lambda: "behind" in recorder.notice())
    server.start()
    assert slowest < CALL_S
    assert recorder.close() is True
    assert recorder.notice() == "recorded"
    store = server.store
    names = [f"t{index:04d}" for index in range(8)]
    assert store.active_names() == dict.fromkeys(["toy", *names], 1)
    assert set(store.statuses().values()) == {"FINISHED"}
    for index, name in enumerate(names):
        assert store.metric(name, "f1") == [(1, 0.9), (2, pytest.approx(0.4 - index / 20))]
    reported = "SELECT count(*) FROM metrics WHERE key NOT LIKE 'pareto/%'"
    assert store.ask(reported) == [(8 * 2 * 3 + 8 * 2,)]
    assert [step for step, _ in store.metric("toy", "hypervolume")] == list(range(1, 9))
    assert list((server.store.file.parent / "artifacts").rglob("front_table.json"))


def test_a_sweep_without_its_server_is_recorded_in_full_later(tmp_path, server):
    sweep = HandSweep(tmp_path)
    recorder = Recorder(sweep.directory, sweep.config, server.uri, flush_interval_s=0.2)
    recorder.start()
    sweep.trial(0)
    closed, took_s = timed(recorder.close)
    assert closed is False
    assert took_s < 15
    assert "behind: connection refused" in recorder.notice()
    server.start()
    later = Recorder(sweep.directory, sweep.config, server.uri)  # what `pareto-search sync` does
    assert later.close() is True
    assert server.store.metric("t0000", "f1") == [(1, 0.9), (2, 0.5)]


def test_closing_never_takes_longer_than_its_timeout(tmp_path):
    sweep = HandSweep(tmp_path)
    sweep.trial(0)
    with socket.socket() as mute:  # accepts a connection and never answers
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        uri = f"http://127.0.0.1:{mute.getsockname()[1]}"
        recorder = Recorder(sweep.directory, sweep.config, uri)
        recorder.start()
        closed, took_s = timed(recorder.close, 2.0)
        assert closed is False
        assert took_s < 2.0 + CALL_S
        assert "gave up after 2 s" in recorder.notice()


def test_a_store_that_cannot_exist_is_a_notice_and_no_exception(tmp_path):
    sweep = HandSweep(tmp_path)
    sweep.trial(0)
    uri = "nonsense://me:hunter2@nowhere"
    recorder = Recorder(sweep.directory, sweep.config, uri, flush_interval_s=0.1)
    recorder.start()
    assert recorder.close() is False
    assert "4 behind" in recorder.notice()
    assert "hunter2" not in recorder.notice()
