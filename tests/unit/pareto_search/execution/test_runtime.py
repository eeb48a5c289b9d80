import os
import sys
import tempfile
from pathlib import Path

import pytest

from pareto_search.errors import UnreachableError
from pareto_search.execution.runtime import prepare_environment, ray_runtime


class FakeRay:
    """Ray as `ray_runtime` calls it: its session files, and what was called."""

    def __init__(self, *, is_there=False, error=None):
        self.is_there = is_there
        self.error = error
        self.calls = []
        self.place = None

    def is_initialized(self):
        return self.is_there

    def init(self, *, _temp_dir, **settings):
        self.calls.append("init")
        self.settings = settings
        self.place = Path(_temp_dir)
        (self.place / "session_latest").mkdir()
        (self.place / "session_latest" / "raylet.log").write_text("started")
        if self.error:
            raise self.error

    def shutdown(self):
        self.calls.append("shutdown")
        assert self.place.exists(), "Ray still writes into its session while it ends"


@pytest.fixture
def put_ray(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def put(**settings):
        ray = FakeRay(**settings)
        monkeypatch.setitem(sys.modules, "ray", ray)
        return ray

    return put


def test_a_ray_of_its_own_is_started_here_and_ended_and_leaves_no_file(put_ray, tmp_path):
    ray = put_ray()
    with ray_runtime():
        assert ray.calls == ["init"]
        assert ray.place.is_dir()
    assert ray.calls == ["init", "shutdown"]
    assert ray.settings["address"] == "local"
    assert list(tmp_path.iterdir()) == []


def test_ray_is_ended_and_its_files_go_though_the_sweep_raises(put_ray, tmp_path):
    ray = put_ray()
    with pytest.raises(KeyError), ray_runtime():
        raise KeyError
    assert ray.calls == ["init", "shutdown"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [RuntimeError("no port"), ConnectionError("no port"), OSError("no port")]
)
def test_a_ray_that_does_not_start_is_an_error_that_says_why_and_leaves_no_file(
    put_ray, tmp_path, error
):
    put_ray(error=error)
    with pytest.raises(UnreachableError, match="no port") as refused, ray_runtime():
        raise AssertionError
    assert refused.value.exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_a_ray_that_was_too_slow_once_is_started_again(put_ray, tmp_path):
    ray = put_ray(error=Exception("The current node timed out during startup. This could happen"))
    begin = ray.init

    def init(**settings):
        if "shutdown" in ray.calls:
            ray.error = None
            (tmp_path / "left").mkdir()
            settings["_temp_dir"] = str(tmp_path / "left")
        begin(**settings)

    ray.init = init
    with ray_runtime():
        assert ray.calls == ["init", "shutdown", "init"]


def test_a_ray_that_the_process_is_connected_to_is_used_and_left_running(put_ray):
    ray = put_ray(is_there=True)
    with ray_runtime():
        assert ray.calls == []
    assert ray.calls == []


def test_rays_sockets_fit_into_the_107_bytes_that_their_paths_may_have(put_ray, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    ray = put_ray()
    with ray_runtime():
        session = "session_2026-01-01_00-00-00_000000_4194304"  # process ids have 7 digits at most
        assert len(f"{ray.place}/{session}/sockets/plasma_store") <= 107


@pytest.fixture
def environment(monkeypatch):
    """The environment as a plain mapping that ends with the test, without anything of Ray's."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("RAY", "TUNE"))}
    monkeypatch.setattr(os, "environ", plain)
    return plain


def test_what_ray_reads_is_set_and_nothing_else_is_touched(environment):
    before = dict(environment)
    prepare_environment()
    added = {key: environment[key] for key in environment.keys() - before.keys()}
    assert added["RAY_AUTH_MODE"] == "token"
    assert added["RAY_USAGE_STATS_ENABLED"] == "0"
    assert added["TUNE_DISABLE_STRICT_METRIC_CHECKING"] == "1"
    assert all(key.startswith(("RAY_", "TUNE_")) for key in added)
    assert before.items() <= environment.items()


def test_what_the_user_set_is_never_overridden(environment):
    prepare_environment()
    chosen = {key: "mine" for key in environment if key.startswith(("RAY_", "TUNE_"))}
    assert len(chosen) > 5
    environment.update(chosen)
    prepare_environment()
    assert {key: environment[key] for key in chosen} == chosen
