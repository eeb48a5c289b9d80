"""The UI comes up on a sweep's store, shows where the sweep is and leaves nothing running."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from recording import MLFLOW_WARNINGS, HandSweep, make_store
from sweeping import environment

from pareto_search.tracking.mirror import Mirror
from pareto_search.tracking.ui import free_port, run_link, serve_ui, server_environment

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

SERVE = """
import sys
from pathlib import Path
from pareto_search.storage.directory import SweepDirectory
from pareto_search.tracking.ui import serve_ui
uri, path, port = sys.argv[1:]
directory = SweepDirectory(Path(path))
sys.exit(serve_ui(uri, directory.storage, directory, int(port)))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_run_of_the_sweep_and_ends_cleanly(tmp_path, number):
    sweep, store = HandSweep(tmp_path), make_store(tmp_path)
    sweep.trial(0)
    Mirror(sweep.directory, sweep.config, store.uri).finish()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", SERVE, store.uri, str(sweep.directory.path), str(port)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
            start_new_session=True,
        )  # fmt: skip
        link = process.stdout.readline().strip()
        address, page = link.split("/#/")
        assert not address.endswith(f":{port}")
        assert f"/runs/{store.run_id('toy')}?" in page
        assert f"{address}/#/experiments/1/runs?viewStateShareKey=" in process.stdout.readline()
        urllib.request.urlopen(f"{address}/health", timeout=60).close()
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/health", timeout=5)


def test_for_a_server_only_the_link_is_printed(tmp_path, capsys):
    sweep = HandSweep(tmp_path)
    sweep.directory.write_json("mlflow.json", {"experiment_id": "3", "parent_run_id": "abc"})
    assert serve_ui("https://me:hunter2@server/", tmp_path, sweep.directory) == 0
    run = "https://me:***@server/#/experiments/3/runs/abc?workflowType=machine_learning\n"
    assert capsys.readouterr().out == run


def test_without_a_recorded_sweep_the_start_page_is_linked(tmp_path):
    assert run_link("http://server", None) == "http://server"
    assert run_link("http://server", HandSweep(tmp_path).directory) == "http://server"


def test_a_damaged_cache_costs_the_link_only(tmp_path):
    sweep = HandSweep(tmp_path)
    (sweep.directory.path / "mlflow.json").write_text('{"torn')
    assert run_link("http://server", sweep.directory) == "http://server"


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) > port


def test_the_password_of_the_store_goes_by_the_environment_and_jobs_are_off():
    found = server_environment("postgresql://me:hunter2@db/mlflow")
    assert found["MLFLOW_BACKEND_STORE_URI"] == "postgresql://me:hunter2@db/mlflow"
    assert found["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
