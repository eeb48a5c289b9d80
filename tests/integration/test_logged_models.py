"""Members of a front are MLflow's logged models: once each, with objectives and weights."""

import json
from pathlib import Path
from urllib.parse import unquote, urlparse

import mlflow
import numpy as np
import pytest
from model_sweeps import finish, make_sweep, models, trial
from recording import BEGAN, MLFLOW_WARNINGS, make_store
from served import REQUIREMENT

from pareto_search.storage.journal import Proposal
from pareto_search.tracking.recorder import Recorder

# what mlflow.pyfunc says of its own classes when it is imported
PYFUNC_WARNINGS = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning")
pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS, PYFUNC_WARNINGS]

VOLUME = np.ones((2, 3, 4, 5), np.float32)


@pytest.fixture
def sweep(tmp_path):
    return make_sweep(tmp_path)


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


def measured(store, model):
    return store.ask(
        "SELECT metric_name, metric_value, metric_step FROM logged_model_metrics "
        "WHERE model_id = ? ORDER BY metric_name",
        model["id"],
    )


def all_rows(store):
    tables = ("logged_models", "logged_model_tags", "logged_model_metrics", "logged_model_params",
              "inputs", "metrics", "latest_metrics")  # fmt: skip
    return {table: sorted(map(repr, store.ask(f"SELECT * FROM {table}"))) for table in tables}


def test_every_member_of_the_front_is_a_logged_model_of_its_run_with_its_objectives(sweep, store):
    trial(sweep, 0, 0.4, 0.6)
    trial(sweep, 1, 0.9, 0.9)
    trial(sweep, 2, 0.6, 0.4)
    assert finish(sweep, store.uri) == []
    found = models(store)
    assert list(found) == ["t0000", "t0002"]
    model = found["t0002"]
    assert model["is_ready"]
    assert (model["pareto.uid"], model["pareto.on_front"]) == ("t0002", "true")
    assert measured(store, model) == [("f1", 0.6, 2), ("f2", 0.4, 2)]
    params = dict(store.ask("SELECT param_key, param_value FROM logged_model_params "
                            "WHERE model_id = ?", model["id"]))  # fmt: skip
    assert params == {"x0": "0.2", "kind": "a"}
    ((source,),) = store.ask("SELECT source_id FROM inputs WHERE destination_id = ?", model["id"])
    assert source == store.run_id("t0002")
    assert store.metric("t0002", "f1") == [(1, 0.9), (2, 0.6)]  # measured once, not twice


def test_a_logged_model_is_loaded_by_pyfunc_and_called_by_its_signature(sweep, store):
    trial(sweep, 0, 0.4, 0.6)
    finish(sweep, store.uri)
    place = models(store)["t0000"]["place"]
    model = mlflow.pyfunc.load_model(place)
    assert model.predict(VOLUME, {"offset": 0.5}).flat[0] == 2.5
    signature = model.metadata.signature
    assert signature.inputs.inputs[0].shape == (2, -1, -1, -1)
    assert {p.name: p.default for p in signature.params} == {
        "offset": 0.0, "signs": [1.0, 1.0], "mode": "add", "count": 1, "loud": False
    }  # fmt: skip
    assert model.metadata.metadata == {"modalities": ["a", "b"]}
    assert model.metadata.run_id == store.run_id("t0000")
    with pytest.raises(mlflow.MlflowException, match="does not match expected shape"):
        model.predict(VOLUME[:1])


def test_the_bundle_in_it_says_where_it_comes_from(sweep, store):
    trial(sweep, 0, 0.4, 0.6)
    finish(sweep, store.uri)
    folder = Path(unquote(urlparse(models(store)["t0000"]["place"]).path))
    story = json.loads((folder / "data" / "pick.json").read_text())
    assert (story["sweep"], story["trial"]) == ("toy", "t0000")
    needed = (folder / "requirements.txt").read_text().splitlines()
    assert needed == [f"mlflow=={mlflow.__version__}", REQUIREMENT]


@pytest.mark.parametrize("is_cache_lost", [False, True])
def test_logging_again_changes_nothing(sweep, store, is_cache_lost):
    trial(sweep, 0, 0.4, 0.6)
    trial(sweep, 1, 0.6, 0.4, has_checkpoint=False)
    finish(sweep, store.uri)
    before = all_rows(store)
    if is_cache_lost:
        (sweep.directory.path / "mlflow.json").unlink()
    assert finish(sweep, store.uri) == []
    assert all_rows(store) == before


def test_a_member_that_left_the_front_is_kept_and_marked(sweep, store):
    trial(sweep, 0, 0.4, 0.6)
    finish(sweep, store.uri)
    trial(sweep, 1, 0.3, 0.5)
    finish(sweep, store.uri)
    assert {name: m["pareto.on_front"] for name, m in models(store).items()} == {
        "t0000": "false", "t0001": "true"
    }  # fmt: skip


def test_a_trial_without_a_checkpoint_is_an_external_model_of_its_objectives(sweep, store):
    trial(sweep, 0, 0.4, 0.6, has_checkpoint=False)
    assert finish(sweep, store.uri) == []
    model = models(store)["t0000"]
    assert (model["is_ready"], model["mlflow.model.isExternal"]) == (True, "true")
    assert measured(store, model) == [("f1", 0.4, 2), ("f2", 0.6, 2)]


@pytest.mark.parametrize("trainable", ["trainables.toy:zdt2", "served:alone"])
def test_models_that_nobody_could_call_are_external(tmp_path, store, trainable):
    sweep = make_sweep(tmp_path, trainable=trainable)
    trial(sweep, 0, 0.4, 0.6)
    assert finish(sweep, store.uri) == []
    assert models(store)["t0000"]["mlflow.model.isExternal"] == "true"


@pytest.mark.parametrize(("policy", "count"), [("none", 0), ("picked", 1)])
def test_the_recipe_says_which_models_are_logged(tmp_path, store, policy, count):
    sweep = make_sweep(tmp_path, tracking={"models": policy})
    trial(sweep, 0, 0.4, 0.6)
    assert finish(sweep, store.uri) == []
    found = models(store)
    assert len(found) == count
    assert all(model["mlflow.model.isExternal"] == "true" for model in found.values())


def test_a_model_that_was_cut_short_is_made_anew(sweep, store, monkeypatch):
    trial(sweep, 0, 0.4, 0.6)
    path = "pareto_search.tracking.model_store.ModelStore.upload"
    with monkeypatch.context() as patch:
        patch.setattr(path, lambda *_: (_ for _ in ()).throw(ConnectionError("cut")))
        with pytest.raises(ConnectionError, match="cut"):
            finish(sweep, store.uri)
    assert not models(store)["t0000"]["is_ready"]
    finish(sweep, store.uri)
    assert models(store)["t0000"]["is_ready"]
    assert store.ask("SELECT count(*) FROM logged_models") == [(2,)]


def test_while_a_trial_is_open_no_model_is_logged(sweep, store):
    trial(sweep, 0, 0.4, 0.6)
    sweep.begin(1)
    assert finish(sweep, store.uri) == []
    assert models(store) == {}


def test_an_export_that_fails_is_a_warning_and_the_objectives_are_kept(sweep, store):
    for index, values in enumerate([(0.4, 0.6), (0.6, 0.4), (0.5, 0.5)]):
        trial(sweep, index, *values)
    for index in (0, 1):
        (sweep.directory.path / "ray" / f"c{index}" / "state.json").unlink()
    recorder = Recorder(sweep.directory, sweep.config, store.uri)
    assert recorder.close() is True
    assert recorder.notice() == "recorded"
    assert "could not export" in recorder.warning()
    assert recorder.warning().endswith("And 1 more like it.")
    found = models(store)
    assert ["mlflow.model.isExternal" in found[name] for name in sorted(found)] == [
        True, True, False
    ]  # fmt: skip
    assert store.statuses()["toy"] == "FINISHED"


def test_a_server_that_refuses_models_costs_the_models_alone(sweep, store, monkeypatch):
    trial(sweep, 0, 0.4, 0.6)
    path = "pareto_search.tracking.model_store.ModelStore.search"
    monkeypatch.setattr(path, lambda *_: (_ for _ in ()).throw(ConnectionError("no such API")))
    recorder = Recorder(sweep.directory, sweep.config, store.uri)
    assert recorder.close() is False
    assert recorder.notice() == "recorded, but for models of the front: no such API"
    assert store.statuses() == {"toy": "FINISHED", "t0000": "FINISHED"}


def test_data_that_the_trainable_describes_are_a_data_set_of_the_parent_run(sweep, store):
    facts = {"trainable": {"data_digest": "abc123", "n_train": 10}}
    (sweep.directory.path / "facts.json").write_text(json.dumps(facts))
    trial(sweep, 0, 0.4, 0.6)
    finish(sweep, store.uri)
    finish(sweep, store.uri)
    ((uuid, name, digest),) = store.ask("SELECT dataset_uuid, name, digest FROM datasets")
    assert (name, digest) == ("data of toy", "abc123")
    edges = store.ask("SELECT destination_id FROM inputs WHERE source_id = ?", uuid)
    assert edges == [(store.run_id("toy"),)]


def test_no_password_of_a_parameter_is_in_a_model_or_its_files(tmp_path, store):
    sweep = make_sweep(tmp_path, params={"source": "http://me:hunter2@127.0.0.1:5000"})
    trial(sweep, 0, 0.4, 0.6)
    finish(sweep, store.uri)
    assert "hunter2" not in str(all_rows(store))
    files = [f for f in (sweep.directory.storage / "mlartifacts").rglob("*") if f.is_file()]
    assert "pick.json" in {file.name for file in files}
    assert [file for file in files if "hunter2" in file.read_text()] == []


def test_of_a_repeated_configuration_the_first_trial_is_the_model_however_they_ended(
    tmp_path, store
):
    sweep = make_sweep(tmp_path, seeds={"repeats": 2})
    same = Proposal(0, {"x0": 0.5}, True, BEGAN), Proposal(1, {"x0": 0.5}, True, BEGAN, repeat=1)
    sweep.proposal = same.__getitem__
    trial(sweep, 1, 0.2, 0.2)
    trial(sweep, 0, 0.4, 0.6)
    assert finish(sweep, store.uri) == []
    (name,) = models(store)
    assert (name, measured(store, models(store)[name])[0]) == ("t0000", ("f1", 0.4, 2))
