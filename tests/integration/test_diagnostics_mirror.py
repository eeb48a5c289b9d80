"""What training measures of its gradients stands in MLflow, under its own names, at every step."""

import math

import pytest
from recording import MLFLOW_WARNINGS, HandSweep, make_mirror, make_store

from trainables.data.phantom import write_phantom
from trainables.segmentation import train

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

EVERY_EPOCH = {
    "diagnostics/progress_balance",
    "diagnostics/last_layer/conflict_cosine",
    "diagnostics/last_layer/gap",
}
PROBE = {
    f"diagnostics/probe/{name}"
    for name in ("conflict_cosine", "gap", "noise/interior", "noise/boundary", "sharpness")
}


@pytest.fixture(scope="module")
def params(tmp_path_factory):
    root = tmp_path_factory.mktemp("phantom")
    write_phantom(root, 3, seed=3, size=(24, 24, 20), spacing_mm=(6.0, 6.0, 7.0), raters=1)
    return {
        "data": {"root": str(root)},
        "network": {"filters": 4, "levels": 2},
        "patch_size": [12, 12, 12],
        "epochs": 3,
        "steps_per_epoch": 2,
        "fuzzy": {"width_mm": 4.0},
        "curriculum": {"start": 1.0},
        "evaluation": {"band_mm": 4.0},
        "diagnostics": {"probe_every": 2},
        "threads": 1,
        "device": "cpu",
    }


def recorded(params, folder):
    """The reports of one training, and the store that their sweep was mirrored into."""
    sweep, store = HandSweep(folder), make_store(folder)
    sweep.begin(0)
    reports = {}

    def report(metrics, step, save=None):  # noqa: ARG001
        reports[step] = dict(metrics)
        sweep.directory.reports.append("t0000", step, metrics)

    train(params, report)
    make_mirror(sweep, store).sync()
    return reports, store


def test_every_diagnostic_is_a_metric_of_its_trial(params, tmp_path):
    reports, store = recorded(params, tmp_path)
    for names, steps in ((EVERY_EPOCH, (1, 2, 3)), (PROBE, (2, 3))):
        for name in names:
            expected = [(step, pytest.approx(reports[step][name])) for step in steps]
            assert store.metric("t0000", name) == expected
            assert all(math.isfinite(value) for _, value in store.metric("t0000", name))


def test_one_flag_leaves_them_out(params, tmp_path):
    reports, store = recorded({**params, "diagnostics": {"enabled": False}}, tmp_path)
    assert len(reports) == 3
    keys = {key for (key,) in store.ask("SELECT DISTINCT key FROM metrics")}
    assert "interior_error" in keys
    assert not any(key.startswith("diagnostics") for key in keys)
