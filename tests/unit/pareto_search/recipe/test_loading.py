"""A recipe is refused with every problem at once: its place, rule, finding and way out."""

import json
from pathlib import Path

import pytest

from pareto_search.errors import Problem, RecipeError
from pareto_search.recipe.config import SweepConfig
from pareto_search.recipe.loading import load_recipe

RECIPE = """\
name: demo
trainable: trainables.toy:zdt1
objectives:
  - {name: f1, reference: 1.1}
  - {name: f2, reference: 7}
space:
  fuzzy.width_mm: {type: float, low: 0.5, high: 4, log: true}
  loss.kind: {type: choice, values: [pareto, plain]}
  loss.tau: {type: float, low: 1e-3, high: 10, when: {loss.kind: pareto}}
baselines:
  - {loss.kind: plain}
budget: {trials: 4}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


def refusals(path: Path, *overrides: str) -> tuple[Problem, ...]:
    with pytest.raises(RecipeError) as caught:
        load_recipe(path, overrides)
    return caught.value.problems


def only_refusal(recipe: Path, old: str, new: str) -> Problem:
    assert old in RECIPE
    recipe.write_text(RECIPE.replace(old, new))
    (problem,) = refusals(recipe)
    return problem


def test_sound_recipe_loads_with_defaults(recipe: Path) -> None:
    config = load_recipe(recipe)
    assert config.space["loss.tau"].low == 0.001
    assert (config.searcher.kind, config.budget.concurrent) == ("auto", "auto")


@pytest.mark.parametrize(
    ("old", "new", "key", "place", "words"),
    [
        (
            "budget:",
            "bugdet:",
            "bugdet",
            "12:1",
            "Did you mean `budget`?",
        ),
        ("reference: 7", "refrence: 7", "objectives.1.refrence", "5:16", "mean `reference`?"),
        ("trials: 4", "trials: many", "budget.trials", "12:18", "should be a whole number."),
        ("trials: 4", "trials: true", "budget.trials", "12:18", "Found `trials = true`."),
        ("trials: 4", "trials: 0", "budget.trials", "12:18", "`trials` should be at least 1."),
        ("budget: {trials: 4}", "", "budget", "1:1", "`budget` is required."),
        ("{trials: 4}", "{}", "budget.trials", "12:1", "`trials` is required."),
        ("{trials: 4}", "[4]", "budget", "12:1", "should be a mapping of keys to values."),
        ("low: 0.5", "low: 5", "space.fuzzy.width_mm", "7:3", "`low` should be at most `high`."),
        ("low: 0.5", "low: 0", "space.fuzzy.width_mm", "7:3", "above 0 where `log` is true."),
        ("high: 4,", "high: .inf,", "space.fuzzy.width_mm.high", "7:49", "be a finite number."),
        ("float, low: 0.5", "flaot, low: 0.5", "space.fuzzy.width_mm.type", "7:26", "`float`?"),
        ("type: float, low: 0.5", "low: 0.5", "space.fuzzy.width_mm.type", "7:3", "is required."),
        ("[pareto, plain]", "[]", "space.loss.kind.values", "8:29", "have 1 or more entries."),
        ("name: f2", "name: f1", "objectives.1.name", "5:12", "Found `name = f1` twice."),
        ("f2, reference: 7", "f2", "objectives.1.reference", "5:5", "`reference` is required."),
        (
            "{loss.kind: pareto}",
            "{loss.knid: pareto}",
            "space.loss.tau.when.loss.knid",
            "9:66",
            "`loss.kind`?",
        ),
        (
            "{loss.kind: pareto}",
            "{loss.kind: crisp}",
            "space.loss.tau.when.loss.kind",
            "9:66",
            "one of",
        ),
        (
            "- {loss.kind: plain}",
            "- {fuzzy.width_mm: 9}",
            "baselines.0.fuzzy.width_mm",
            "11:22",
            "should be a number from 0.5 to 4.0.",
        ),
        (
            "budget:",
            "searcher: {kind: rnsga2, aspiration: [[1, 2], [3]]}\nbudget:",
            "searcher.aspiration.1",
            "12:47",
            "a value for each of the 2 objectives. Found 1.",
        ),
        ("{loss.kind: plain}", "{loss.tau: 1}", "baselines.0.loss.tau", "11:16", "only with"),
        ("name: demo", "name: a/b", "name", "1:7", "letters, digits, dot, dash, underscore."),
        ("trainable: trainables.toy:zdt1", "trainable: toy", "trainable", "2:12", "well formed"),
    ],
)
def test_each_fault_is_one_clear_message(
    recipe: Path, old: str, new: str, key: str, place: str, words: str
) -> None:
    problem = only_refusal(recipe, old, new)
    assert (problem.key, problem.where) == (key, f"{recipe}:{place}")
    assert words in str(problem)


def test_unknown_searcher_names_the_nearest(recipe: Path) -> None:
    problem = only_refusal(recipe, "budget:", "searcher: {kind: gpp}\nbudget:")
    assert problem.rule.startswith("`kind` should be tpe, gp, nsga2")
    assert problem.hint == "Did you mean `gp`?"


def test_empty_space_is_refused(recipe: Path) -> None:
    (problem,) = refusals(recipe, "space={}", "baselines=[]")
    assert (problem.key, problem.rule) == ("space", "`space` should have 1 or more entries.")


def test_one_objective_is_refused(recipe: Path) -> None:
    (problem,) = refusals(recipe, "objectives=[{name: f1, reference: 1}]")
    assert problem.rule == "`objectives` should have 2 or more entries."


def test_wrong_objective_does_not_also_make_the_list_too_short(recipe: Path) -> None:
    problem = only_refusal(recipe, "reference: 7", "reference: x")
    assert problem.key == "objectives.1.reference"


def test_circle_of_conditions_is_refused(recipe: Path) -> None:
    (problem,) = refusals(recipe, "space.loss.kind.when={loss.tau: 1}", "baselines=[]")
    assert problem.rule == "Conditions should not form a circle."


def test_key_inside_another_key_is_refused(recipe: Path) -> None:
    (problem,) = refusals(recipe, "space.loss={type: int, low: 1, high: 2}")[:1]
    assert problem.rule.startswith("`loss.kind` lies inside `loss`")


def test_every_problem_is_reported_at_once(recipe: Path) -> None:
    text = RECIPE.replace("trials: 4", "trials: 0").replace("low: 0.5", "low: 5")
    recipe.write_text(text.replace("name: f2", "name: f1"))
    keys = {problem.key for problem in refusals(recipe, "searcher.kind=x", "nonsense")}
    assert keys == {
        "",
        "budget.trials",
        "space.fuzzy.width_mm",
        "objectives.1.name",
        "searcher.kind",
    }


def test_baseline_may_replace_what_is_fixed(recipe: Path) -> None:
    recipe.write_text(RECIPE.replace("{loss.kind: plain}", "{loss.kind: plain, loss.gamma: 2}"))
    assert load_recipe(recipe).baselines == ({"loss.kind": "plain", "loss.gamma": 2},)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "Found an empty file."),
        (b"- a\n- b\n", "Found a list or a single value."),
        (b"name: [a\n", "Found:"),
        (b"name: a\nname: b\n", "Found it also at"),
        (b"name: \xff\xfe\n", "Found bytes that are not UTF-8 text."),
        (b"name: !!python/object:os.system {}\n", "A value should be text, a number"),
        (b"name: !!set {a}\n", "A value should be text, a number"),
        (b"name: !!seq text\n", "A value should be text, a number"),
        (b"name: !!int text\n", "A value should be text, a number"),
        (b"a: &a {b: *a}\n", "Found an alias to it."),
        (b"? [a, b]\n: c\n", "Found a list or mapping as key."),
    ],
)
def test_what_is_no_recipe_gives_one_clear_message(
    recipe: Path, content: bytes, found: str
) -> None:
    recipe.write_bytes(content)
    problem = refusals(recipe)[0]
    assert problem.where.startswith(str(recipe))
    assert found in str(problem)


def test_duplicate_key_is_placed_at_its_second_mention(recipe: Path) -> None:
    recipe.write_text(RECIPE + "name: again\n")
    (problem,) = refusals(recipe)
    assert problem.where == f"{recipe}:13:1"
    assert f"{recipe}:1:1" in problem.found


def test_missing_file_names_a_similar_one(recipe: Path) -> None:
    (problem,) = refusals(recipe.with_name("recipes.yaml"))
    assert problem.hint == f"Did you mean `{recipe}`?"


def test_directory_is_no_recipe(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path)
    assert problem.found == "Found is a directory."


def test_flag_wins_over_recipe_and_recipe_over_default(recipe: Path) -> None:
    assert load_recipe(recipe).storage == "results"
    assert load_recipe(recipe, ["storage=there"]).storage == "there"
    assert load_recipe(recipe, ["storage=there"], storage="here").storage == "here"
    assert load_recipe(recipe, name="other").name == "other"


def test_wrong_flag_is_named_as_the_place(recipe: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(recipe, name="a b")
    assert caught.value.problems[0].where == "--name a b"


def test_resolved_configuration_survives_json(recipe: Path) -> None:
    config = load_recipe(recipe, ["params.loss.limit=.inf", "budget.wall_time=2h"])
    assert config.params["loss"]["limit"] == float("inf")
    text = config.model_dump_json(by_alias=True)
    assert SweepConfig.model_validate_json(text) == config
    assert SweepConfig.model_validate(json.loads(text)) == config
