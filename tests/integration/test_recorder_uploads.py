"""What lies on a sweep's parent run for people to look at, without passwords."""

import json

import pytest
from recording import MLFLOW_WARNINGS, HandSweep, make_mirror, make_store

from pareto_search.searchers.protocol import TrialState

pytestmark = [pytest.mark.integration, MLFLOW_WARNINGS]


@pytest.fixture
def sweep(tmp_path):
    return HandSweep(tmp_path)


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


def test_figures_documents_front_and_note_lie_on_the_parent_run(sweep, store):
    sweep.trial(0, 0.4, 0.6)
    sweep.trial(1, 0.6, 0.4)
    sweep.directory.figures.mkdir()
    for name in ("front.png", "front.html", "front.csv", "report.html", "scratch.tmp"):
        (sweep.directory.figures / name).write_text("figure")
    make_mirror(sweep, store).finish()
    ((uri,),) = store.ask("SELECT artifact_uri FROM runs WHERE name = 'toy'")
    folder = sweep.directory.storage / "mlartifacts" / "toy" / store.run_id("toy") / "artifacts"
    assert uri == folder.as_uri()
    found = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    assert found == {
        "recipe.yaml", "sweep.json", "facts.json", "figures/front.png", "figures/front.html",
        "figures/front.csv", "figures/front_table.json", "report.html",
    }  # fmt: skip
    table = json.loads((folder / "figures" / "front_table.json").read_text())
    assert table["columns"] == ["trial", "f1", "f2", "kind", "x0"]
    assert table["data"] == [["t0000", 0.4, 0.6, "a", 0.0], ["t0001", 0.6, 0.4, "a", 0.1]]
    note = store.tags("toy")["mlflow.note.content"]
    assert "| t0000 | 0.4 | 0.6 |" in note
    assert "Artifacts: `report.html`, `figures/front.csv`" in note
    assert "pareto-search pick toy" in note


def test_no_password_of_recipe_command_or_error_is_uploaded(tmp_path, store):
    uri = "http://me:hunter2@127.0.0.1:5000"
    own = {"params": {"source": {"uris": [uri, "plain"]}}, "tracking": {"uri": uri}}
    sweep = HandSweep(tmp_path, **own)
    path = sweep.directory.path
    (path / "recipe.yaml").write_text(f"tracking: {{uri: '{uri}'}}\n")
    (path / "facts.json").write_text(json.dumps({"command": ["run", f"--tracking-uri={uri}"]}))
    sweep.trial(0)
    sweep.begin(1)
    error = f"cannot reach {uri}" + " " * (2000 - len("hunter2@127.0.0.1:5000"))  # cut within it
    sweep.end(1, state=TrialState.FAILED, error=error)
    make_mirror(sweep, store).finish()
    files = [f for f in (sweep.directory.storage / "mlartifacts").rglob("*") if f.is_file()]
    assert {"recipe.yaml", "sweep.json", "facts.json"} <= {file.name for file in files}
    assert [file for file in files if "hunter2" in file.read_text()] == []
    assert "hunter2" not in str(store.everything())
    assert json.loads(store.params("toy")["params.source.uris"])[1] == "plain"
    sent = next(json.loads(f.read_text()) for f in files if f.name == "sweep.json")
    assert sent["tracking"]["uri"] == "http://me:***@127.0.0.1:5000"
    assert sweep.directory.config().tracking.uri == uri  # what a resume needs
