from pathlib import Path

import pytest

from pareto_search.execution.admission import choose_authentication


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def keep_token(home):
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("kept")


@pytest.mark.usefixtures("home")
def test_a_ray_of_our_own_asks_for_a_token_that_no_two_sweeps_share():
    first, second = {}, {}
    choose_authentication(first)
    choose_authentication(second)
    assert first["RAY_AUTH_MODE"] == second["RAY_AUTH_MODE"] == "token"
    assert len(first["RAY_AUTH_TOKEN"]) == 64
    assert first["RAY_AUTH_TOKEN"] != second["RAY_AUTH_TOKEN"]


def test_the_token_of_a_ray_of_our_own_is_written_nowhere(home):
    choose_authentication({})
    assert list(home.iterdir()) == []


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("key", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
@pytest.mark.parametrize("address", [None, "auto"])
def test_a_token_that_the_user_gave_is_the_one_that_is_used(key, address):
    environment = {key: "mine"}
    choose_authentication(environment, address)
    assert environment == {key: "mine", "RAY_AUTH_MODE": "token"}


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("address", [None, "auto"])
def test_authentication_that_the_user_switched_off_stays_off(address):
    environment = {"RAY_AUTH_MODE": "disabled"}
    choose_authentication(environment, address)
    assert environment == {"RAY_AUTH_MODE": "disabled"}


def test_a_cluster_is_asked_with_a_token_where_the_user_keeps_one_and_else_without(home):
    without, kept = {}, {}
    choose_authentication(without, "auto")
    keep_token(home)
    choose_authentication(kept, "auto")
    assert without == {"RAY_AUTH_MODE": "disabled"}
    assert kept == {"RAY_AUTH_MODE": "token"}


def test_a_user_without_a_home_has_no_token_there(monkeypatch):
    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    environment = {}
    choose_authentication(environment, "auto")
    assert environment == {"RAY_AUTH_MODE": "disabled"}
