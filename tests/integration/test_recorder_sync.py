"""`pareto-search sync` records a sweep that has ended, and keeps away from one that is running."""

import subprocess
import sys

import pytest
from recording import MLFLOW_WARNINGS, HandSweep, make_mirror, make_store
from sweeping import environment

from pareto_search.commands.tracking import sync_sweep
from pareto_search.errors import SweepBusyError
from pareto_search.tracking.mirror import Mirror

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

RUN = """
import sys
from pathlib import Path
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.lock import writing
with writing(SweepDirectory(Path(sys.argv[1]))):
    print("running", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def sweep(tmp_path):
    return HandSweep(tmp_path)


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


def test_a_sweep_that_another_process_runs_is_left_to_it(sweep, store):
    sweep.begin(0)
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(sweep.directory.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "running\n"
        with pytest.raises(SweepBusyError, match="run and recorded by another process") as refused:
            sync_sweep(sweep.directory.storage, "toy", store.uri)
        process.stdin.close()
    assert refused.value.exit_code == 1
    assert store.active_names() == {}


def test_when_that_process_is_gone_all_is_recorded_and_the_open_trial_interrupted(sweep, store):
    sweep.trial(0)
    sweep.begin(1)
    sync_sweep(sweep.directory.storage, "toy", store.uri)
    assert store.statuses() == {"toy": "KILLED", "t0000": "FINISHED", "t0001": "KILLED"}
    assert store.tags("t0001")["pareto.state"] == "interrupted"


def test_a_store_that_cannot_be_opened_leaves_what_is_known_of_another(sweep, store):
    sweep.trial(0)
    make_mirror(sweep, store).finish()
    known = sweep.directory.read_json("mlflow.json")
    with pytest.raises(Exception, match="foo"):
        Mirror(sweep.directory, sweep.config, "foo://bar").finish()
    assert sweep.directory.read_json("mlflow.json") == known
