"""Artifacts in a bucket of an S3-compatible server, through MLflow's server and past it."""

import subprocess
import sys
from pathlib import Path

import pytest
import served
from model_sweeps import finish, make_sweep, models, trial
from recording import MLFLOW_WARNINGS, make_store
from serving import PASSWORD, Bucket, MlflowServer
from sweeping import environment

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

LOAD = """
import sys

import mlflow
import numpy as np

model = mlflow.pyfunc.load_model(sys.argv[1])
print(model.predict(np.ones((2, 3, 3, 3), dtype="float32"), {"offset": 0.5}).flat[0])
"""


@pytest.fixture
def bucket(tmp_path):
    bucket = Bucket(tmp_path)
    yield bucket
    bucket.close()


@pytest.mark.parametrize("through", ["server", "client"])
def test_figures_and_models_lie_in_the_bucket_and_are_loaded_from_it(
    tmp_path, bucket, monkeypatch, through
):
    store = make_store(tmp_path)
    option = "--artifacts-destination"
    if through == "client":  # it has the keys itself
        option = "--no-serve-artifacts --default-artifact-root"
        for name, value in bucket.variables.items():
            monkeypatch.setenv(name, value)
    server = MlflowServer(
        tmp_path / "server", store.uri, *option.split(), bucket.uri, **bucket.variables
    )
    server.start()
    try:
        sweep = make_sweep(tmp_path)
        trial(sweep, 0, 0.4, 0.6)
        sweep.directory.figures.mkdir()
        (sweep.directory.figures / "report.html").write_text("a report")
        assert finish(sweep, server.uri) == []
        run, model = store.run_id("toy"), models(store)["t0000"]
        names = bucket.names()
        assert any(name.endswith(f"{run}/artifacts/report.html") for name in names)
        assert any(name.endswith(f"{model['id']}/artifacts/MLmodel") for name in names)
        done = subprocess.run(
            [sys.executable, "-c", LOAD, f"models:/{model['id']}"], capture_output=True, text=True,
            check=False, cwd=Path(served.__file__).parent,  # whose trainable it is
            env={**environment(), "MLFLOW_TRACKING_URI": server.uri},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[-1] == "2.5"
    finally:
        server.kill()
    recorded = store.ask("SELECT value FROM tags UNION ALL SELECT value FROM params")
    assert not any(PASSWORD in value for (value,) in recorded)
