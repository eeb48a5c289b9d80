"""A training run on phantoms that was cut off after an epoch ends as if it had never been."""

import shutil
import signal
import time

import pytest
import torch
import yaml
from safetensors.torch import load_file
from same_states import assert_same
from sweeping import call, start

from trainables.bundle import load_bundle
from trainables.checkpoint import WEIGHTS
from trainables.data.phantom import write_phantom
from trainables.errors import ParameterError
from trainables.segmentation import train

pytestmark = pytest.mark.integration


class KilledError(Exception):
    """Ends a run inside its report, as a host may."""


@pytest.fixture(scope="module")
def params(tmp_path_factory):
    root = tmp_path_factory.mktemp("phantom")
    write_phantom(root, 5, seed=3, size=(28, 28, 24), spacing_mm=(5.0, 5.0, 6.0), raters=1)
    return {
        "data": {"root": str(root)},
        "network": {"filters": 4, "levels": 2},
        "patch_size": [16, 16, 16],
        "epochs": 4,
        "steps_per_epoch": 3,
        "loss": {"normalisation": 0.5, "reference_steps": 5},  # still gathered at the cut
        "fuzzy": {"width_mm": 4.0},
        # its window fills in the second epoch of three steps, and it ends in the third
        "curriculum": {"advance": "signal", "window": 4, "warmup": 0.9, "flatness": 10.0},
        "threads": 1,
        "device": "cpu",
    }


def run(params, folder, checkpoint=None, last=99):
    """Reports by step; the state of step n is in ``folder/n``. KilledError after step `last`."""
    reports = {}

    def report(metrics, step, save):
        reports[step] = {k: v for k, v in metrics.items() if not k.startswith("seconds")}
        (folder / str(step)).mkdir(parents=True)
        save(folder / str(step))
        if step == last:
            raise KilledError

    train(params, report, checkpoint)
    return reports


@pytest.fixture(scope="module")
def whole(params, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    reports = run(params, folder)
    assert [metrics["pace"] for metrics in reports.values()] == [0.0, 0.5, 1.0, 1.0]
    return folder, reports


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_run_killed_after_any_epoch_and_resumed_is_the_uninterrupted_one(
    params, whole, tmp_path, cut
):
    folder, reports = whole
    with pytest.raises(KilledError):
        run(params, tmp_path / "first", last=cut)
    resumed = run(params, tmp_path / "second", tmp_path / "first" / str(cut))
    assert resumed == {step: reports[step] for step in range(cut + 1, 5)}
    wanted, found = (load_file(f / "4" / WEIGHTS) for f in (folder, tmp_path / "second"))
    assert wanted.keys() == found.keys()
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


SGD = {"kind": "sgd", "learning_rate": 0.05, "momentum": 0.9, "warmup": 0.3, "ema_decay": 0.9}
FEATURES = {
    "strong augmentation, prefetching, accumulation, SGD, average, dropout, float16": {
        "augmentation": {"preset": "strong"},
        "sampling": {"prefetch": 2},
        "batch_size": 1,
        "accumulate": 2,
        "optimiser": SGD,
        "network": {"filters": 4, "levels": 2, "dropout": 0.2, "norm": "batch"},
        "compute": {"precision": "float16"},
    },
    "segresnet with dropout, bfloat16, weights from gradients": {
        "network": {"kind": "segresnet", "filters": 4, "levels": 2, "dropout": 0.2},
        "compute": {"precision": "bfloat16", "channels_last": True},
        "loss": {"kind": "upgrad"},
    },
}


@pytest.mark.parametrize("features", FEATURES)
def test_with_every_feature_whatever_is_saved_is_the_same_to_the_bit(params, tmp_path, features):
    params = {**params, "epochs": 3, **FEATURES[features]}
    reports = run(params, tmp_path / "whole")
    with pytest.raises(KilledError):
        run(params, tmp_path / "first", last=2)
    resumed = run(params, tmp_path / "second", tmp_path / "first" / "2")
    assert resumed == {3: reports[3]}
    assert_same(tmp_path / "whole" / "3", tmp_path / "second" / "3")


def test_a_process_that_is_killed_in_the_midst_of_steps_loses_nothing_that_was_saved(
    params, tmp_path
):
    features = next(iter(FEATURES.values()))
    params = {**params, **features, "epochs": 3, "steps_per_epoch": 10}
    run(params, tmp_path / "whole")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    arguments = ("train", "params.yaml", "--out", "run")
    process = start(tmp_path, *arguments, module="trainables")
    for line in process.stderr:
        if "epoch 1/3" in line:
            break
    time.sleep(0.1)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) < 3
    done = call(tmp_path, *arguments, module="trainables")
    assert done.returncode == 0, done.stderr
    assert "epoch 1/3" not in done.stderr
    assert_same(tmp_path / "whole" / "3", tmp_path / "run" / "checkpoint")


def test_a_run_whose_data_have_changed_meanwhile_is_not_carried_on(params, whole, tmp_path):
    data = shutil.copytree(params["data"]["root"], tmp_path / "data")
    shutil.rmtree(min(path for path in data.iterdir() if path.is_dir()))
    with pytest.raises(ParameterError, match=r"files of the cases; split .*--no-resume"):
        run({**params, "data": {"root": str(data)}}, tmp_path / "run", whole[0] / "1")
    assert not (tmp_path / "run").exists()


def test_a_finished_run_has_nothing_to_resume(params, whole, tmp_path):
    assert run(params, tmp_path, whole[0] / "4") == {}


def test_a_checkpoint_becomes_a_model_that_predicts(params, whole, tmp_path):
    train.export(whole[0] / "4", params, tmp_path / "model")
    bundle = load_bundle(tmp_path / "model")
    network, config = bundle.network, bundle.config
    assert network(torch.randn(1, 4, *config.window)).shape == (1, 3, *config.window)
