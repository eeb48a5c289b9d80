"""`pick --register` puts a model into the registry that a fresh process loads and calls."""

import json
import subprocess
import sys

import pytest
import torch
from model_sweeps import finish, make_sweep, models, trial
from recording import MLFLOW_WARNINGS, make_store
from safetensors.torch import save_file
from sweeping import environment
from tracking_server import Server

from pareto_search.cli import main
from pareto_search.storage.journal import Proposal
from trainables.checkpoint import WEIGHTS, save_channels
from trainables.config import load_train_config
from trainables.data.labels import find_label_map
from trainables.networks import make_network

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]

PARAMS = {"data": {"root": "x"}, "network": {"filters": 2, "levels": 2}, "patch_size": [8, 8, 8]}
"""Of a network that answers in milliseconds."""

LOAD = """
import sys
import mlflow
import numpy as np

model = mlflow.pyfunc.load_model(sys.argv[1])
volume = np.random.default_rng(0).random((4, 9, 8, 7)).astype("float32")
probability = model.predict(volume, {"spacing_mm": [1.0, 1.0, 2.0], "axes": "LPS"})
codes = model.predict(volume, {"output": "labels"})
assert probability.dtype == np.float32 and ((0 <= probability) & (probability <= 1)).all()
assert set(np.unique(codes)) <= {0, 1, 2, 4}
print(probability.shape, codes.shape, model.metadata.metadata["modalities"])
"""

WITHOUT = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"ray", "mlflow", "optuna", "pymoo", "pareto_search"}:
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocker())
import numpy as np
from trainables.serving import _load_pyfunc

found = _load_pyfunc(sys.argv[1]).predict(np.ones((4, 9, 8, 7), "float32"))
print(found.shape)
"""


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


@pytest.fixture
def say(tmp_path, monkeypatch, capsys):
    """Runs a command over the sweeps in `tmp_path`; gives back exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow's own callback sets it

    def run(*arguments):
        words = ["pareto-search", *map(str, arguments), "--storage", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        stdout, stderr = capsys.readouterr()
        return ended.value.code or 0, stdout, stderr

    return run


def aliases(store):
    return dict(store.ask("SELECT alias, version FROM registered_model_aliases"))


def test_a_picked_trial_becomes_a_version_with_alias_tags_and_reason(tmp_path, store, say):
    sweep = make_sweep(tmp_path)
    for index, values in enumerate([(0.0, 1.0), (0.2, 0.2), (1.0, 0.0)]):
        trial(sweep, index, *values)
    finish(sweep, store.uri)
    code, text, message = say("pick", "toy", "--knee", "--register", "glioma")
    assert code == 0, message
    assert "is the knee of the 3 trials" in text
    assert "Registered as version 1 of glioma, alias pareto-knee" in text
    assert f"MLFLOW_TRACKING_URI={store.uri}" in text
    assert 'mlflow.pyfunc.load_model("models:/glioma@pareto-knee")' in text
    assert aliases(store) == {"pareto-knee": 1}
    ((name, run_id, described),) = store.ask("SELECT name, run_id, description FROM model_versions")
    assert (name, run_id) == ("glioma", store.run_id("t0001"))
    assert "is the knee" in described
    tags = dict(store.ask("SELECT key, value FROM model_version_tags"))
    assert (tags["pareto.sweep"], tags["pareto.uid"]) == ("toy", "t0001")
    assert json.loads(tags["pareto.objectives"]) == {"f1": 0.2, "f2": 0.2}
    assert len(models(store)) == 3  # the logged model that was there is registered, no other


def test_each_registration_is_a_new_version_and_moves_its_alias(tmp_path, store, say):
    sweep = make_sweep(tmp_path)
    trial(sweep, 0, 0.0, 1.0)
    trial(sweep, 1, 1.0, 0.0)
    finish(sweep, store.uri)
    wanted = ("--register", "glioma", "--alias", "champion")
    assert say("pick", "toy", "--prefer", "f1=1,f2=0", *wanted)[0] == 0
    (row,) = json.loads(say("pick", "toy", "--reference", "f1=1,f2=0.5", *wanted, "--json")[1])
    assert row["criterion"] == "reference"
    assert row["registered"] == {
        "name": "glioma", "version": 2, "alias": "champion", "uri": store.uri,
        "address": "models:/glioma@champion",
    }  # fmt: skip
    assert aliases(store) == {"champion": 2}
    assert store.ask("SELECT count(*) FROM model_versions") == [(2,)]


def test_a_model_without_weights_gets_them_when_it_is_registered(tmp_path, store, say):
    sweep = make_sweep(tmp_path, tracking={"models": "picked"})
    trial(sweep, 0, 0.4, 0.6)
    finish(sweep, store.uri)
    before = models(store)["t0000"]
    assert before["mlflow.model.isExternal"] == "true"
    code, _, message = say("pick", "toy", "--register", "glioma")
    assert code == 0, message
    after = models(store)["t0000"]
    assert after["id"] == before["id"]
    assert "mlflow.model.isExternal" not in after
    assert finish(sweep, store.uri) == []
    assert "mlflow.model.isExternal" not in models(store)["t0000"]


@pytest.mark.parametrize(
    ("trainable", "has_checkpoint", "part"),
    [
        ("trainables.toy:zdt2", True, "does not offer `export` and `serving`"),
        ("served:alone", True, "numbers without weights"),
        ("served:train", False, "left no checkpoint"),
    ],
)
def test_nothing_without_weights_is_registered(
    tmp_path, store, say, trainable, has_checkpoint, part
):
    sweep = make_sweep(tmp_path, trainable=trainable)
    trial(sweep, 0, 0.4, 0.6, has_checkpoint)
    finish(sweep, store.uri)
    code, _, message = say("pick", "toy", "--register", "glioma")
    assert (code, part in message) == (1, True)
    assert store.ask("SELECT count(*) FROM registered_models") == [(0,)]


def test_a_trial_that_is_not_recorded_is_not_registered(tmp_path, store, say):
    trial(make_sweep(tmp_path), 0, 0.4, 0.6)
    for flags in ((), ("--tracking-uri", store.uri)):
        code, _, message = say("pick", "toy", "--register", "glioma", *flags)
        told = " ".join(["pareto-search sync toy --storage .", *flags])
        assert (code, f"`{told}` records it" in message) == (1, True)
    assert store.ask("SELECT count(*) FROM registered_models") == [(0,)]


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        (("--register", "a/b"), "without / :"),
        (("--alias", "champion"), "Add --register MODEL"),
        (("--register", "a", "--alias", "v1"), "not `latest`"),
        (("--register", "a", "--alias", "two words"), "letters, digits"),
        (("--reference", "f1"), "NAME=VALUE"),
    ],
)
def test_names_that_mlflow_would_refuse_are_refused_first(tmp_path, say, flags, part):
    trial(make_sweep(tmp_path), 0, 0.4, 0.6)
    code, stdout, message = say("pick", "toy", *flags)
    assert (code, stdout) == (2, "")
    assert part in message


def test_a_registry_that_does_not_answer_is_an_error_that_says_so(tmp_path, say, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    trial(make_sweep(tmp_path), 0, 0.4, 0.6)
    address = "http://me:hunter2@127.0.0.1:9"
    code, _, message = say("pick", "toy", "--register", "glioma", "--tracking-uri", address)
    assert (code, "should take the model" in message) == (4, True)
    assert "hunter2" not in message


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A checkpoint as training leaves it, of a network that was never trained."""
    folder = tmp_path_factory.mktemp("network")
    torch.manual_seed(0)
    made = make_network(load_train_config(PARAMS).network, 4, 3)
    save_file(made.state_dict(), folder / WEIGHTS)
    save_channels(folder, ("t1", "t1ce", "t2", "flair"), find_label_map("brats2018"))
    return folder


def segmentation(folder, network):
    """A sweep of the real trainable with one finished trial."""
    sweep = make_sweep(
        folder,
        trainable="trainables.segmentation:train",
        params=PARAMS,
        space={"fuzzy.width_mm": {"type": "float", "low": 0.5, "high": 4.0}},
        baselines=[],
    )
    sweep.proposal = proposal_of
    sweep.begin(0)
    sweep.report(0, 2, 0.4, 0.6)
    sweep.end(0, 0.4, 0.6, checkpoint=str(network))
    return sweep


def proposal_of(index):
    return Proposal(index, {"fuzzy.width_mm": 1.5}, proposed_at=1_700_000_000.0 + index)


def test_a_fresh_process_predicts_a_volume_with_a_registered_network_of_a_server(
    tmp_path, network, say
):
    server = Server(tmp_path / "server")
    try:
        server.start()
        sweep = segmentation(tmp_path, network)
        assert finish(sweep, server.uri) == []
        code, text, message = say(
            "pick", "toy", "--register", "glioma", "--alias", "pareto-knee",
            "--tracking-uri", server.uri,
        )  # fmt: skip
        assert code == 0, message
        assert "models:/glioma@pareto-knee" in text
        printed = python(LOAD, "models:/glioma@pareto-knee", MLFLOW_TRACKING_URI=server.uri)
    finally:
        server.kill()
    assert printed == "(3, 9, 8, 7) (9, 8, 7) ['t1', 't1ce', 't2', 'flair']"


def test_an_exported_bundle_predicts_without_ray_mlflow_and_the_search(tmp_path, network, say):
    segmentation(tmp_path, network)
    code, _, message = say("pick", "toy", "--export", tmp_path / "model")
    assert code == 0, message
    assert python(WITHOUT, str(tmp_path / "model")) == "(3, 9, 8, 7)"


def python(program, *arguments, **variables):
    """The last line that a new process prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False,
        env={**environment(), **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]
