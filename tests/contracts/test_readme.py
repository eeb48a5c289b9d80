"""What the README shows works: its recipe, its trainable, its commands, its exit codes."""

import inspect
import re
from pathlib import Path

import pytest
import typer
import yaml

import pareto_search.cli
import trainables.cli
from pareto_search import errors
from pareto_search.recipe.loading import load_recipe
from trainables.segmentation import train as segmentation

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
APPS = {"pareto-search": pareto_search.cli.app, "trainables": trainables.cli.app}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_recipe_loads_and_names_only_parameters_that_the_trainable_knows(tmp_path):
    text, search = blocks("yaml")
    (tmp_path / "mine.yaml").write_text(text)
    config = load_recipe(tmp_path / "mine.yaml")
    found = segmentation.check({**config.params, "seed": 0})
    assert found == ["Data folder /data/brats2018 should exist. Found no folder of that name."]
    (tmp_path / "both.yaml").write_text(
        yaml.safe_dump(yaml.safe_load(text) | yaml.safe_load(search))
    )
    assert load_recipe(tmp_path / "both.yaml").seeds.repeats == 3


def test_the_trainable_reports_and_carries_on_from_its_checkpoint(tmp_path):
    (text,) = blocks("python")
    names = {}
    exec(text, names)  # the block itself is what is tested
    steps = []

    def report(losses, step, save):
        steps.append((step, losses["f1"], losses["f2"]))
        save(tmp_path)

    names["train"]({"x": 0.5, "steps": 2, "seed": 0}, report, None)
    names["train"]({"x": 0.5, "steps": 3, "seed": 0}, report, tmp_path)
    assert [step for step, *_ in steps] == [1, 2, 3]
    assert steps[-1][1:] == pytest.approx((0.25 + 1 / 3, 2.25 + 1 / 3))


def test_every_command_it_shows_exists():
    shown = set(re.findall(r"(pareto-search|trainables) ([a-z]+)\b", "\n".join(blocks("bash"))))
    assert len(shown) >= 5
    for app, command in shown:
        assert command in typer.main.get_command(APPS[app]).commands


def test_its_exit_codes_are_those_of_the_errors():
    table = {int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)}
    raised = {
        kind.exit_code
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.ParetoSearchError)
    }
    assert table == raised | {0, 130}


def test_every_file_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
