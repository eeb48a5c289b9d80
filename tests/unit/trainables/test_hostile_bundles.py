"""A stranger's model folder can be refused or predicted with, and nothing else."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from trainables import cli
from trainables.bundle import PARAMS, load_bundle, write_bundle
from trainables.checkpoint import STATE, WEIGHTS, load_state, save_channels
from trainables.config import load_train_config
from trainables.data.labels import find_label_map
from trainables.data.phantom import write_phantom
from trainables.errors import ParameterError
from trainables.networks import make_network
from trainables.serving import _load_pyfunc

CONFIG = load_train_config(
    {"data": {"root": "phantom"}, "network": {"filters": 2, "levels": 2}, "patch_size": [8, 8, 8]}
)


class Touch:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def touched(tmp_path):
    return tmp_path / "touched"


@pytest.fixture
def bundle(tmp_path):
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    save_file(make_network(CONFIG.network, 4, 3).state_dict(), checkpoint / WEIGHTS)
    save_channels(checkpoint, ("t1", "t1ce", "t2", "flair"), find_label_map("brats2018"))
    write_bundle(checkpoint, CONFIG, tmp_path / "bundle")
    return tmp_path / "bundle"


def change(bundle, **changes):
    content = json.loads((bundle / PARAMS).read_text())
    (bundle / PARAMS).write_text(json.dumps({**content, **changes}))


def as_pickle(path, touched):
    path.write_bytes(pickle.dumps(Touch(touched), protocol=2))


def as_torch(path, touched):
    torch.save({"weights": Touch(touched)}, path)


@pytest.mark.parametrize("write", [as_pickle, as_torch])
@pytest.mark.parametrize("load", [load_bundle, lambda path: _load_pyfunc(str(path))])
def test_weights_that_would_run_code_are_refused_and_run_nothing(bundle, touched, write, load):
    write(bundle / WEIGHTS, touched)
    with pytest.raises(ParameterError, match="should be whole"):
        load(bundle)
    assert not touched.exists()


def test_predict_ends_with_exit_code_2_on_them(bundle, touched, tmp_path, capsys, monkeypatch):
    as_pickle(bundle / WEIGHTS, touched)
    write_phantom(tmp_path / "scans", 1, seed=1, size=(16, 16, 16), spacing_mm=(5, 5, 5), raters=1)
    places = [str(tmp_path / "scans"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["trainables", "predict", "--model", str(bundle), *places])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "should be whole" in capsys.readouterr().err
    assert not touched.exists()


@pytest.mark.parametrize("write", [as_pickle, as_torch])
def test_so_is_a_checkpoint_that_would(tmp_path, touched, write):
    write(tmp_path / STATE, touched)
    with pytest.raises(ParameterError, match="should be whole"):
        load_state(None, tmp_path)  # it is read before anything is put anywhere
    assert not touched.exists()


def test_files_beside_the_weights_are_not_looked_at(bundle, touched):
    for name in ("python_model.pkl", "model.pkl", "weights.pt", "pytorch_model.bin"):
        as_pickle(bundle / name, touched)
    for name in ("sitecustomize.py", "conftest.py", "__init__.py", "trainables.py"):
        (bundle / name).write_text(f"open({str(touched)!r}, 'w')")
    load_bundle(bundle)
    assert not touched.exists()


@pytest.mark.parametrize("kind", ["os", "..evil", "../evil", "unet.evil", "evil_ds"])
def test_the_network_is_one_of_ours_whatever_it_is_called(bundle, kind):
    config = CONFIG.model_dump(mode="json")
    config["network"]["kind"] = kind
    change(bundle, config=config)
    with pytest.raises(ParameterError, match=r"network\.kind"):
        load_bundle(bundle)


def test_keys_that_nobody_knows_are_refused(bundle):
    change(bundle, config={**CONFIG.model_dump(mode="json"), "trainable": "os:system"})
    with pytest.raises(ParameterError, match="trainable"):
        load_bundle(bundle)


@pytest.mark.parametrize("name", [WEIGHTS, PARAMS])
def test_a_link_out_of_the_folder_shows_nothing_of_what_it_leads_to(bundle, tmp_path, name):
    (tmp_path / "secret").write_text("the-secret-of-this-machine")
    (bundle / name).unlink()
    (bundle / name).symlink_to(tmp_path / "secret")
    with pytest.raises(ParameterError) as refused:
        load_bundle(bundle)
    assert "the-secret-of-this-machine" not in str(refused.value)
