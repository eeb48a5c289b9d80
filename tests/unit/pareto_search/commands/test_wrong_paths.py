"""A path that cannot be written costs one clear error, whichever option named it."""

import sys

import pytest
from comparing import write_sweep

from pareto_search.cli import main

FILE = "a file lies where a folder is needed"


@pytest.fixture
def say(monkeypatch, capsys, tmp_path):
    """Runs a command beside a sweep, a file `a.yaml` and folders; gives back code and stderr."""
    write_sweep(tmp_path / "results", "toy", [(0.2, 0.6), (0.4, 0.4)])
    write_sweep(tmp_path / "results", "other", [(0.3, 0.5), (0.5, 0.3)])
    (tmp_path / "a.yaml").write_text("mine")
    for name in ("there.png", "there.html"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["pareto-search", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("verb", "option", "path", "why"),
    [
        ("report toy", "--figures", "a.yaml", FILE),
        ("report toy", "--figures", "a.yaml/all", FILE),
        ("report toy", "--out", "a.yaml/x.html", FILE),
        ("report toy", "--out", "there.html", "a folder lies there"),
        ("report toy", "--out", "/proc/x.html", ""),
        ("front toy", "--plot", "a.yaml/x.png", FILE),
        ("front toy", "--plot", "there.png", "a folder lies there"),
        ("front toy", "--plot", "/proc/x.png", ""),
        ("compare toy other", "--plot", "/proc/x.png", ""),
    ],
)
def test_a_path_that_cannot_be_written_is_named_as_it_was_given(
    say, tmp_path, monkeypatch, verb, option, path, why
):
    monkeypatch.setattr("pareto_search.figures.reporting.report_page", lambda *_: b"page")
    code, text = say(*verb.split(), option, path)
    assert code == 2, text
    (line,) = text.splitlines()
    assert line.startswith(f"error: {option}: should name a ")
    assert f"Found `{path}`: {why}" in line
    assert line.endswith(f"Name another place with {option}.")
    assert "partial" not in line
    assert not list(tmp_path.rglob("*.partial"))


def test_a_recipe_that_cannot_be_written_is_named_as_it_was_given(say):
    code, text = say("init", "nowhere/recipe.yaml")
    assert (code, "Found `nowhere/recipe.yaml`: No such file" in text) == (2, True)
