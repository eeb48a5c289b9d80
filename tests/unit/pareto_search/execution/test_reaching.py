"""A Ray where nobody listens, or for which there is no token: told at once, before Ray is asked."""

import socket
import sys
import time

import pytest
from sweeping import write_recipe

from pareto_search.cli import main
from pareto_search.errors import UnreachableError
from pareto_search.execution.reaching import check_address


@pytest.fixture
def closed():
    """``HOST:PORT`` of a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def listening():
    """``HOST:PORT`` of a port where somebody listens who says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    place = tmp_path / "home"
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    for key in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(key, raising=False)
    return place


@pytest.mark.parametrize("door", ["", "ray://"])
def test_a_port_where_nobody_listens_is_told_at_once(closed, door):
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="Connection refused") as told:
        check_address(f"{door}{closed}", "The way out.")
    assert time.monotonic() - began < 5
    assert str(told.value).endswith(f"`{door}{closed}`: Connection refused. The way out.")


def test_a_host_in_brackets_is_knocked_at_without_them(listening):
    host, port = listening.split(":")
    with pytest.raises(UnreachableError, match="no token is there"):  # so somebody answered
        check_address(f"[{host}]:{port}")


def test_run_through_a_ray_client_where_nobody_listens_ends_with_exit_code_4_and_one_message(
    closed, tmp_path, monkeypatch, capsys
):
    words = ["pareto-search", "run", str(write_recipe(tmp_path)), "--address", f"ray://{closed}"]
    words += ["--storage", str(tmp_path / "shared")]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", words)
    began = time.monotonic()
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert time.monotonic() - began < 20  # most of it imports; Ray alone takes 33 s
    assert ended.value.code == UnreachableError.exit_code, told
    assert "10001" in told
    assert "UserWarning" not in told
    assert told.count("No Ray answers") == 1


@pytest.mark.parametrize("door", ["", "ray://"])
@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (None, "cannot be read: No such file or directory"),
        ("a folder", "cannot be read: Is a directory"),
        (b"", "is empty"),
        (b" \n", "is empty"),
    ],
    ids=["missing", "unreadable", "empty", "blank"],
)
def test_a_file_without_a_token_is_refused_before_ray_reads_it(
    listening, door, content, finding, tmp_path, monkeypatch
):
    """Which would end the whole process."""
    path = tmp_path / "token"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(path))
    with pytest.raises(UnreachableError) as told:
        check_address(f"{door}{listening}")
    assert f"Found that the token's file `{path}` {finding}. Set RAY_AUTH_MODE" in str(told.value)
    assert "RAY_AUTH_TOKEN_PATH to a file with it" in str(told.value)


def test_the_file_that_ray_looks_for_by_itself_is_read_too(listening, home):
    kept = home / ".ray" / "auth_token"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with pytest.raises(UnreachableError, match=rf"`{kept}` is empty\. Set"):
        check_address(listening)


@pytest.mark.parametrize(
    ("token", "finding"), [("", "no token is there to send"), ("  ", "RAY_AUTH_TOKEN is blank")]
)
def test_a_token_of_nothing_is_none(listening, token, finding, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", token)
    with pytest.raises(UnreachableError, match=rf"{finding}\. Set"):
        check_address(listening)


def test_a_ray_of_our_own_has_no_address_to_check():
    assert check_address(None) is None
