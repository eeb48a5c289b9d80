"""`mlflow.json` is a cache: whatever is wrong with it, tracking begins anew."""

import pytest
from recording import HandSweep

from pareto_search.tracking.cache import load_cache


@pytest.fixture
def directory(tmp_path):
    return HandSweep(tmp_path).directory


def make_cache(directory, uri="sqlite:///a.db"):
    cache = load_cache(directory, uri)
    cache.experiment_id, cache.parent_run_id, cache.runs = "1", "p", {"t0000": "r"}
    cache.reports, cache.records = 7, 3
    return cache


def test_what_is_saved_is_loaded(directory):
    cache = make_cache(directory)
    cache.save(directory)
    assert load_cache(directory, "sqlite:///a.db") == cache
    assert directory.runs() == {"t0000": "r"}
    assert directory.read_json("mlflow.json")["cursor"] == {"reports": 7, "records": 3}


def test_no_password_is_stored_and_the_cache_is_found_all_the_same(directory):
    cache = make_cache(directory, "https://me:hunter2@server")
    cache.save(directory)
    assert "hunter2" not in (directory.path / "mlflow.json").read_text()
    assert load_cache(directory, "https://me:hunter2@server") == cache


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"tracking_uri": "sqlite:///a.db"}'])
def test_a_broken_cache_is_an_empty_one(directory, text):
    (directory.path / "mlflow.json").write_text(text)
    cache = load_cache(directory, "sqlite:///a.db")
    assert (cache.parent_run_id, cache.runs, cache.reports, cache.records) == ("", {}, 0, 0)


def test_the_cache_of_another_store_is_not_used(directory):
    make_cache(directory).save(directory)
    assert load_cache(directory, "sqlite:///b.db").runs == {}


def test_an_unchanged_cache_is_not_written_again(directory):
    cache = make_cache(directory)
    cache.save(directory)
    before = (directory.path / "mlflow.json").stat().st_ino
    cache.save(directory)
    assert (directory.path / "mlflow.json").stat().st_ino == before
