import json
import sys
from types import ModuleType

import pytest

from pareto_search.choice.export import export_trial
from pareto_search.errors import ParetoSearchError, RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord

REASON = "Trial t0003 is the knee of the 5 trials on the front."


@pytest.fixture
def trainable(monkeypatch):
    """A trainable without hooks, found as ``bundle_probe:train``."""

    def train(*_):
        raise AssertionError("an export never trains")

    module = ModuleType("bundle_probe")
    module.train = train
    monkeypatch.setitem(sys.modules, "bundle_probe", module)
    return train


@pytest.fixture
def sweep(tmp_path, trainable):
    directory = SweepDirectory(tmp_path / "results" / "probe")
    (directory.path / "ray" / "c1").mkdir(parents=True)
    (directory.path / "ray" / "c1" / "weights.bin").write_bytes(b"\x00\x01")
    config = SweepConfig.model_validate(
        {
            "name": "probe",
            "trainable": f"bundle_probe:{trainable.__name__}",
            "objectives": [
                {"name": "error", "reference": 1.0},
                {"name": "dice", "direction": "maximize", "reference": 0.0},
            ],
            "params": {"fuzzy": {"strength": 1.0}},
            "space": {"fuzzy.width_mm": {"type": "float", "low": 0.5, "high": 4.0}},
            "budget": {"trials": 5},
        }
    )
    directory.write_json("sweep.json", config.model_dump(mode="json", by_alias=True))
    directory.write_json("facts.json", {"packages": {"ray": "2.60.0"}, "git_commit": "abc"})
    directory.write_json("mlflow.json", {"runs": {"t0003": "f" * 32}})
    return directory


def record(checkpoint="ray/c1"):
    return TrialRecord(
        proposal=Proposal(3, {"fuzzy.width_mm": 1.5}),
        state=TrialState.COMPLETE,
        values={"error": 0.125, "dice": 0.75},
        metrics={"test_error": 0.25, "hd95": float("nan")},
        step=12,
        checkpoint=checkpoint,
    )


def test_without_a_hook_the_checkpoint_is_copied(sweep, tmp_path):
    out = export_trial(sweep, record(), tmp_path / "model", REASON)

    assert (out / "weights.bin").read_bytes() == b"\x00\x01"
    assert sorted(p.name for p in out.iterdir()) == ["README.md", "pick.json", "weights.bin"]


def test_a_checkpoint_outside_the_sweep_or_of_one_file_is_found_by_its_absolute_path(
    sweep, tmp_path
):
    file = tmp_path / "elsewhere.pt"
    file.write_bytes(b"\x07")

    out = export_trial(sweep, record(str(file)), tmp_path / "model", REASON)

    assert (out / "elsewhere.pt").read_bytes() == b"\x07"


def test_the_trainables_own_export_gets_checkpoint_and_nested_parameters(
    sweep, tmp_path, trainable
):
    def export(checkpoint, params, out):
        text = json.dumps([checkpoint.name, params])
        (out / "model.json").write_text(text)
        (out / "README.md").write_text("my own")

    trainable.export = export

    out = export_trial(sweep, record(), tmp_path / "model", REASON)

    name, params = json.loads((out / "model.json").read_text())
    assert name == "c1"
    assert params["fuzzy"] == {"strength": 1.0, "width_mm": 1.5}
    assert (out / "README.md").read_text() == "my own"
    assert not (out / "weights.bin").exists()


def test_pick_json_says_where_the_model_comes_from(sweep, tmp_path):
    out = export_trial(sweep, record(), tmp_path / "model", REASON)

    origin = json.loads((out / "pick.json").read_text())
    assert origin["sweep"] == "probe"
    assert origin["trial"] == "t0003"
    assert origin["reason"] == REASON
    assert origin["objectives"]["dice"] == {"value": 0.75, "direction": "maximize"}
    assert origin["metrics"] == {"test_error": 0.25, "hd95": None}
    assert origin["point"] == {"fuzzy.width_mm": 1.5}
    assert origin["mlflow_run"] == "f" * 32
    assert origin["facts"]["packages"] == {"ray": "2.60.0"}


def test_the_readme_names_the_trial_the_reason_and_the_numbers(sweep, tmp_path):
    out = export_trial(sweep, record(), tmp_path / "model", REASON)

    text = (out / "README.md").read_text()
    for part in ("t0003", "probe", REASON, "| dice (maximize) | 0.75 |", "| hd95 | not finite |"):
        assert part in text


def test_a_folder_with_other_things_is_never_replaced(sweep, tmp_path):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter.tex").write_text("years of work")

    with pytest.raises(RecipeError, match=r"Found something else in .*thesis"):
        export_trial(sweep, record(), out, REASON, overwrite=True)

    assert (out / "chapter.tex").read_text() == "years of work"


def test_an_earlier_bundle_is_replaced_only_when_asked_for(sweep, tmp_path):
    out = export_trial(sweep, record(), tmp_path / "model", REASON)
    (out / "stale.txt").write_text("old")

    with pytest.raises(RecipeError, match="add --overwrite"):
        export_trial(sweep, record(), out, REASON)
    export_trial(sweep, record(), out, REASON, overwrite=True)

    assert not (out / "stale.txt").exists()
    assert (out / "pick.json").exists()


def test_an_export_that_fails_leaves_nothing_behind(sweep, tmp_path, trainable):
    def export(_checkpoint, _params, out):
        (out / "half").write_text("")
        raise OSError("disk full")

    trainable.export = export

    with pytest.raises(ParetoSearchError, match="OSError: disk full"):
        export_trial(sweep, record(), tmp_path / "to" / "model", REASON)

    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize(
    ("checkpoint", "message"), [(None, "left no checkpoint"), ("ray/gone", "Found nothing there")]
)
def test_a_trial_without_a_checkpoint_cannot_be_exported(sweep, tmp_path, checkpoint, message):
    with pytest.raises(ParetoSearchError, match=message):
        export_trial(sweep, record(checkpoint), tmp_path / "model", REASON)

    assert not (tmp_path / "model").exists()


def test_a_place_that_cannot_be_made_is_named_with_the_reason(sweep, tmp_path):
    (tmp_path / "a.txt").write_text("mine")

    for out, why in [
        (tmp_path / "a.txt" / "model", "a file lies where a folder is needed"),
        (tmp_path / ("x" * 300), "File name too long"),
    ]:
        with pytest.raises(RecipeError, match=f"^--export: .*Found `{out}`: {why}"):
            export_trial(sweep, record(), out, REASON)


def test_a_checkpoint_that_cannot_be_copied_is_blamed_and_not_the_place(
    sweep, tmp_path, monkeypatch
):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "weights.bin")

    monkeypatch.setattr("shutil.copytree", refuse)

    with pytest.raises(ParetoSearchError, match=r"The checkpoint .*c1 should be copied") as raised:
        export_trial(sweep, record(), tmp_path / "model", REASON)

    assert not isinstance(raised.value, RecipeError)
