"""Faults of Ray's own MLflowLoggerCallback: B8, B9 and B10; the others: test_plain_glue_search.py.

=== ===========================================================================================
B8  test_a_restart_makes_no_second_run_of_a_trial
B9  test_a_tracking_server_that_is_gone_reaches_no_driver
B10 test_a_report_is_one_request
=== ===========================================================================================
"""

from collections import Counter
from types import SimpleNamespace

import mlflow
import pytest
from ray.air.integrations.mlflow import MLflowLoggerCallback
from recording import MLFLOW_WARNINGS, HandSweep, make_mirror, make_store

from pareto_search.tracking.recorder import Recorder

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]
NOBODY = "http://127.0.0.1:9"
"""Nothing listens on the port of `discard`."""


class Trial(SimpleNamespace):
    """All that the callback reads of a Tune trial."""

    def __hash__(self):
        return hash(self.name)

    def __str__(self):
        return self.name


TRIAL = Trial(name="t0000", config={"x0": 0.5}, trial_id="t0000")


@pytest.fixture(autouse=True)
def own_mlflow(monkeypatch):
    """MLflow's globals, which the callback sets, are as they were before; no retries."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri()
    yield
    mlflow.set_tracking_uri(before)


def make_callback(store):
    callback = MLflowLoggerCallback(tracking_uri=store.uri, experiment_name="glue")
    callback.setup()
    return callback


@pytest.fixture
def calls(monkeypatch):
    """How often each method of MLflow's client is called."""
    from mlflow.tracking.client import MlflowClient

    counted = Counter()
    for name in ("get_run", "log_metric", "log_batch"):
        method = getattr(MlflowClient, name)

        def counting(*arguments, _method=method, _name=name, **settings):
            counted[_name] += 1
            return _method(*arguments, **settings)

        monkeypatch.setattr(MlflowClient, name, counting)
    return counted


def test_a_restart_makes_no_second_run_of_a_trial(tmp_path):
    plain = make_store(tmp_path / "plain")
    for callback in (make_callback(plain), make_callback(plain)):  # before and after a restore
        assert callback.get_state() is None
        callback.log_trial_start(TRIAL)
    assert plain.active_names() == {"t0000": 2}

    sweep, ours = HandSweep(tmp_path), make_store(tmp_path / "ours")
    sweep.begin(0)
    for mirror in (make_mirror(sweep, ours), make_mirror(sweep, ours)):
        mirror.sync()
    assert ours.active_names()["t0000"] == 1


def test_a_tracking_server_that_is_gone_reaches_no_driver(tmp_path):
    callback = make_callback(make_store(tmp_path / "plain"))
    callback.log_trial_start(TRIAL)
    mlflow.set_tracking_uri(NOBODY)  # the server goes away
    with pytest.raises(mlflow.exceptions.MlflowException, match=r"127\.0\.0\.1"):
        callback.log_trial_result(1, TRIAL, {"f1": 0.5, "training_iteration": 1})

    sweep = HandSweep(tmp_path)
    sweep.trial(0)
    recorder = Recorder(sweep.directory, sweep.config, NOBODY)
    recorder.start()
    assert not recorder.close(timeout_s=60)
    assert "connection refused" in recorder.notice()


def test_a_report_is_one_request(tmp_path, calls):
    metrics = {f"metric{place}": float(place) for place in range(20)}
    callback = make_callback(make_store(tmp_path / "plain"))
    callback.log_trial_start(TRIAL)
    calls.clear()
    callback.log_trial_result(1, TRIAL, {**metrics, "training_iteration": 1})
    assert calls["log_metric"] == 21
    assert calls["get_run"] == 1

    sweep, ours = HandSweep(tmp_path), make_store(tmp_path / "ours")
    sweep.begin(0)
    mirror = make_mirror(sweep, ours)
    mirror.sync()
    calls.clear()
    sweep.report(0, 1, **metrics)
    mirror.sync()
    assert calls == {"log_batch": 1}
    assert ours.metric("t0000", "metric7") == [(1, 7.0)]
