import json
import subprocess
import sys
from importlib import metadata

from pareto_search.recipe.config import SweepConfig
from pareto_search.sweep.provenance import gather_facts

CONFIG = SweepConfig.model_validate(
    {
        "name": "unit",
        "trainable": "some.module:train",
        "objectives": [{"name": "a", "reference": 1.0}, {"name": "b", "reference": 2.0}],
        "space": {"x": {"type": "float", "low": 0, "high": 1}},
        "budget": {"trials": 4},
        "seeds": {"sweep": 7},
    }
)


def test_facts_hold_versions_seeds_reference_point_and_what_the_trainable_describes():
    facts = gather_facts(CONFIG, {"data_digest": "abc"})
    assert facts["packages"]["optuna"] == metadata.version("optuna")
    assert facts["seeds"] == {"sweep": 7, "repeats": 1}
    assert facts["reference_point"] == {"a": 1.0, "b": 2.0}
    assert facts["trainable"] == {"data_digest": "abc"}
    assert json.loads(json.dumps(facts)) == facts


def test_the_commit_is_that_of_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert gather_facts(CONFIG, {})["git_commit"] is None
    assert gather_facts(CONFIG, {})["git_dirty"] is None
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *arguments], check=True)
    wanted = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    facts = gather_facts(CONFIG, {})
    assert facts["git_commit"] == wanted
    assert facts["git_dirty"] is False
    (tmp_path / "new.py").touch()
    subprocess.run(["git", "add", "new.py"], check=True)
    assert gather_facts(CONFIG, {})["git_dirty"] is True


def test_no_password_of_the_command_line_is_kept(monkeypatch):
    uri = "http://me:hunter2@127.0.0.1:5000"
    command = ["pareto-search", "run", "a.yaml", "--tracking-uri", uri, f"--tracking-uri={uri}"]
    monkeypatch.setattr(sys, "argv", command)
    hidden = "http://me:***@127.0.0.1:5000"
    expected = [*command[:4], hidden, f"--tracking-uri={hidden}"]
    assert gather_facts(CONFIG, {})["command"] == expected


def test_the_place_of_a_job_is_not_kept_for_the_next_one_has_its_own(monkeypatch):
    monkeypatch.setenv("PARETO_SEARCH_JOB", "toy-1")
    facts = gather_facts(CONFIG, {})
    assert "cwd" not in facts
    assert facts["job"] == "toy-1"


def test_the_place_where_a_local_trainable_was_found_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert gather_facts(CONFIG, {})["cwd"] == str(tmp_path)
