"""What the guides name exists: commands, options, files, tests, keys of a recipe."""

import re
from pathlib import Path

import pytest
import typer

import pareto_search.cli
import trainables.cli
from pareto_search.recipe.budget import BudgetConfig
from pareto_search.recipe.config import FailuresConfig, ResourcesConfig

ROOT = Path(__file__).parents[2]
GUIDES = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("clusters.md", "security.md")
}
APPS = {"pareto-search": pareto_search.cli.app, "trainables": trainables.cli.app}
EVERY_GUIDE = pytest.mark.parametrize("guide", GUIDES)


def code(text):
    """What stands in blocks or between backticks, a command a line."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL)
    spans = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [*lines, *(" ".join(span.split()) for span in spans)]


def calls(text):
    """Each use of a program of ours: the program and its words."""
    for line in code(text):
        for program, words in re.findall(r"\b(pareto-search|trainables) ([a-z][^|&#]*)", line):
            yield program, words.split()


def command_of(program, words):
    """The command that `words` begin with, also one of a group as `k8s render`."""
    command = typer.main.get_command(APPS[program])
    while hasattr(command, "commands"):
        assert words, f"{program}: a command should follow"
        assert words[0] in command.commands, f"{program} has no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


@EVERY_GUIDE
def test_every_command_and_option_it_shows_exists(guide):
    shown = list(calls(GUIDES[guide]))
    assert shown
    for program, words in shown:
        command, rest = command_of(program, words)
        known = {
            option
            for parameter in command.params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        asked = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert asked <= known, f"{program} {' '.join(words)}"


@EVERY_GUIDE
def test_every_file_and_heading_it_links_to_is_there(guide):
    for target, _, heading in re.findall(r"\]\(([^)#:]*)(#([^)]+))?\)", GUIDES[guide]):
        file = ROOT / "docs" / (target or guide)
        assert file.exists(), target
        if heading:
            headings = re.findall(
                r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE
            )
            assert heading in [anchor(text) for text in headings]


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_test_that_the_threat_model_names_is_there():
    text = GUIDES["security.md"]
    files = set(re.findall(r"`((?:unit|integration|contracts|architecture)/[\w./]+\.py)`", text))
    assert len(files) >= 6
    for name in files:
        assert list((ROOT / "tests").glob(name.replace("...", "**"))), name
    functions = set(re.findall(r"`((?:[a-z]+_){5,}[a-z]+)`", text))
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )
    assert len(functions) >= 3
    for name in functions:
        assert f"def test_{name}" in tests, name


def test_every_key_of_a_recipe_that_it_names_is_one():
    named = re.findall(r"`([a-z]+)\.([a-z_]+)(?::[^`]*)?`", GUIDES["clusters.md"])
    sections = {"budget": BudgetConfig, "failures": FailuresConfig, "resources": ResourcesConfig}
    keys = [(section, key) for section, key in named if section in sections]
    assert len(keys) >= 3
    for section, key in keys:
        assert key in sections[section].model_fields
