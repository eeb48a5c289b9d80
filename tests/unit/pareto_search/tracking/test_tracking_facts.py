"""What a sweep recorded about itself, in keys that MLflow can search."""

import json

from recording import HandSweep

from pareto_search.tracking.facts import data_set, fact_params, fact_tags, read_facts

FACTS = {
    "python": "3.11.2",
    "packages": {"ray": "2.60.0", "torch": "2.9.1"},
    "git_commit": "c0ffee",
    "git_dirty": False,
    "trainable": {"data_digest": "12ab", "split_digest": "34cd", "n_train": 9},
}


def test_versions_commit_and_digests_are_params():
    assert fact_params(FACTS) == {
        "versions.python": "3.11.2",
        "versions.ray": "2.60.0",
        "versions.torch": "2.9.1",
        "git_commit": "c0ffee",
        "git_dirty": "false",
        "facts.data_digest": "12ab",
        "facts.split_digest": "34cd",
        "facts.n_train": "9",
    }


def test_what_is_not_known_is_left_out():
    assert fact_params({**FACTS, "git_commit": None, "git_dirty": None, "trainable": {}}) == {
        "versions.python": "3.11.2",
        "versions.ray": "2.60.0",
        "versions.torch": "2.9.1",
    }
    assert fact_params({}) == {}
    assert "mlflow.source.git.commit" not in fact_tags({"git_commit": None})
    assert fact_tags(FACTS)["mlflow.source.git.commit"] == "c0ffee"


def test_a_data_set_is_named_by_the_trainable_else_after_the_sweep():
    named = {"trainable": {"data_name": "brats", "data_digest": "12ab"}}
    assert data_set(named, "toy")[:2] == ("brats", "12ab")
    found = data_set(FACTS, "toy")
    assert (found.name, found.digest, json.loads(found.source)) == (
        "data of toy", "12ab", {"uri": "data of toy"},
    )  # fmt: skip
    assert data_set({"trainable": {"n_train": 9}}, "toy") is None
    assert data_set({}, "toy") is None


def test_damaged_facts_are_none(tmp_path):
    sweep = HandSweep(tmp_path)
    (sweep.directory.path / "facts.json").write_text('{"torn')
    assert read_facts(sweep.directory) == {}
