"""Which folder the cache is, and that a claim on a case is one at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trainables.data import cache
from trainables.data.cache import default_folder, find_cache
from trainables.data.config import DataConfig

KEY = "0" * 64


@pytest.fixture
def found(tmp_path):
    return find_cache(DataConfig(root="data", cache=str(tmp_path)))


def test_memory_is_no_cache_and_auto_the_users_own(monkeypatch, tmp_path):
    assert find_cache(DataConfig(root="data", cache="memory")) is None
    assert find_cache(DataConfig(root="data")).folder == default_folder()
    monkeypatch.setenv("TRAINABLES_CACHE", str(tmp_path / "named"))
    assert default_folder() == tmp_path / "named"
    monkeypatch.delenv("TRAINABLES_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "pareto-search"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_folder() == tmp_path / "home" / ".cache" / "pareto-search"


def test_a_relative_cache_lies_below_the_working_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    config = DataConfig(root="data", cache="kept").anchored()
    assert find_cache(config).folder == tmp_path / "kept"
    assert DataConfig(root="data", cache="memory").anchored().cache == "memory"


def test_data_sets_have_digests_of_their_own_and_share_the_rest(tmp_path):
    one, other = (find_cache(DataConfig(root=r, cache=str(tmp_path))) for r in ("a", "b"))
    assert one.memo != other.memo
    assert one.cases == other.cases


def test_a_case_is_claimed_by_one_at_a_time(found):
    with found.claim(KEY, wait=False) as first:
        with found.claim(KEY, wait=False) as second:
            assert (first, second) == (True, False)
        with found.claim("1" * 64, wait=False) as another:
            assert another
    with found.claim(KEY, wait=False) as again:
        assert again


def test_who_waits_has_the_case_when_the_other_is_done(found):
    inside = []

    def work(number):
        with found.claim(KEY, wait=True) as is_ours:
            inside.append(number)
            assert is_ours
            assert len(inside) == 1
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(8))) == [None] * 8


def test_who_waits_too_long_goes_on(found, monkeypatch):
    monkeypatch.setattr(cache, "_PATIENCE_S", 0.1)
    with found.claim(KEY, wait=True), found.claim(KEY, wait=True) as is_ours:
        assert is_ours


def test_where_there_can_be_no_lock_everybody_may_work(found, tmp_path):
    (tmp_path / "locks").touch()
    with found.claim(KEY, wait=False) as first, found.claim(KEY, wait=False) as second:
        assert (first, second) == (True, True)
    assert Path(tmp_path / "locks").is_file()
