"""What a bundle promises: the same network again, from the folder alone."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scans import blob, case_of, write_scan

from trainables.bundle import PARAMS, README, load_bundle, write_bundle
from trainables.checkpoint import WEIGHTS, save_channels
from trainables.config import load_train_config
from trainables.data.labels import find_label_map
from trainables.errors import ParameterError
from trainables.inference import predict_logits
from trainables.networks import make_network

CONFIG = load_train_config(
    {"data": {"root": "phantom"}, "network": {"filters": 2, "levels": 2}, "patch_size": [8, 8, 8]}
)
MODALITIES, LABELS = ("t1", "t1ce", "t2", "flair"), find_label_map("brats2018")


def deep(config):
    network = {"kind": "segresnet_ds", "filters": 2, "levels": 3, "deep_supervision": 2}
    return load_train_config({**config.model_dump(), "network": network})


@pytest.fixture
def network():
    return make_network(CONFIG.network, 4, 3)


@pytest.fixture
def bundle(tmp_path, network):
    (tmp_path / "checkpoint").mkdir()
    save_file(network.state_dict(), tmp_path / "checkpoint" / WEIGHTS)
    save_channels(tmp_path / "checkpoint", MODALITIES, LABELS)
    write_bundle(tmp_path / "checkpoint", CONFIG, tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_loaded_bundle_is_the_network_and_its_configuration(bundle, network):
    model = load_bundle(bundle)
    loaded, config = model.network, model.config
    image = torch.randn(1, 4, 8, 8, 8)
    assert config == CONFIG
    assert not loaded.training
    assert torch.equal(loaded(image), network.eval()(image))


def test_a_network_of_several_outputs_is_a_bundle_of_one(tmp_path):
    """All its weights are kept, and prediction never sees the coarse outputs."""
    config = deep(CONFIG)
    network = make_network(config.network, 4, 3)
    save_file(network.state_dict(), tmp_path / WEIGHTS)
    save_channels(tmp_path, MODALITIES, LABELS)
    write_bundle(tmp_path, config, tmp_path / "bundle")
    model = load_bundle(tmp_path / "bundle")
    loaded = model.network
    assert model.config == config
    image = torch.randn(4, 12, 9, 10)
    logits = predict_logits(loaded, image, config.window)
    assert logits.shape == (3, 12, 9, 10)
    assert torch.equal(logits, predict_logits(network.train(), image, config.window))


def test_a_bundle_says_what_goes_in_and_what_comes_out(bundle):
    content = json.loads((bundle / PARAMS).read_text())
    assert content["modalities"] == ["t1", "t1ce", "t2", "flair"]
    assert content["labels"] == {"WT": [1, 2, 4], "TC": [1, 4], "ET": [4]}
    readme = (bundle / README).read_text()
    assert "trainables predict --model DIR CASE --out DIR" in readme
    assert "WT (codes [1, 2, 4])" in readme


def test_the_readme_runs(bundle):
    lines = (bundle / README).read_text().splitlines()
    code = "\n".join(line[4:] for line in lines if line.startswith("    ") and "--" not in line)
    path = write_scan(bundle / "all.nii.gz", blob((9, 8, 7))[..., None] * np.ones(4), np.eye(4))
    names = {"DIR": bundle, "case": case_of(path, MODALITIES, channels=(0, 1, 2, 3))}
    exec(code, names)
    assert names["prediction"].regions.shape == (3, 9, 8, 7)


def test_a_bundle_is_known_by_its_content_wherever_it_lies(bundle, tmp_path):
    digest = load_bundle(bundle).digest
    moved = bundle.rename(tmp_path / "elsewhere")
    assert load_bundle(moved).digest == digest
    params = json.loads((moved / PARAMS).read_text())
    params["config"]["window_overlap"] = 0.5
    (moved / PARAMS).write_text(json.dumps(params))
    assert load_bundle(moved).digest != digest


def test_weights_that_are_a_pickle_are_refused_and_never_run(bundle, tmp_path):
    """Only tensors are read: what a pickle would run on loading does not run."""
    (bundle / WEIGHTS).write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    with pytest.raises(ParameterError, match="should be whole"):
        load_bundle(bundle)
    assert not (tmp_path / "touched").exists()


class Touch:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_bundle_that_could_not_be_loaded_is_not_written(tmp_path):
    save_file({"other": torch.zeros(1)}, tmp_path / WEIGHTS)
    save_channels(tmp_path, MODALITIES, LABELS)
    with pytest.raises(ParameterError, match="should fit the network"):
        write_bundle(tmp_path, CONFIG, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "Found no params.json"),
        ("{", "should be JSON"),
        ("[]", "Found None"),
        ('{"format": 7}', "Found 7"),
        ('{"format": 1}', "of an earlier version"),
        ('{"format": 2}', "should hold config"),
    ],
)
def test_a_folder_that_is_no_bundle_is_refused(bundle, text, message):
    (bundle / PARAMS).unlink()
    if text is not None:
        (bundle / PARAMS).write_text(text)
    with pytest.raises(ParameterError, match=message):
        load_bundle(bundle)
