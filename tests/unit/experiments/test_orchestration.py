"""The benchmark of orchestration runs its contestants, and its table says which bar was missed."""

import pytest

from pareto_search.recipe.loading import load_recipe


@pytest.fixture
def script(load_benchmark, repository, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "experiments" / "benchmarks"))
    return load_benchmark("orchestration")


def rows_of(**walls):
    return [
        {"setting": "s", "repeat": place, "kind": kind, "load": 0.1, "day": "today", "wall_s": wall}
        for kind, several in walls.items()
        for place, wall in enumerate(several)
    ]


def test_medians_are_compared_with_bare_ray_and_with_the_glue(script):
    table = script.describe(rows_of(ours=[11, 12, 90], bare=[10, 10, 11], glue=[13, 14, 15]))
    assert "| s | ours | 3 | 12.0 [11.0, 90.0] | 1.20 | today |" in table
    assert "1.20 of bare Ray Tune (bar 1.15: MISSED)" in table
    assert "0.86 of the glue (bar 1: kept)" in table


def test_a_run_that_is_known_is_not_made_again(script):
    settings = {"s": script.QUICK["quick"]}
    known = rows_of(ours=[1], bare=[1], glue=[1])
    assert list(script.measured(settings, 1, known)) == []


def test_only_contestants_that_are_wanted_run(script, monkeypatch):
    monkeypatch.setattr(script, "run", lambda kind, setting: {"wall_s": 1.0})  # noqa: ARG005
    rows = list(script.measured({"s": {}}, 2, [], ["bare", "ours"]))
    assert [row["kind"] for row in rows] == ["ours", "bare", "bare", "ours"]


def test_contestants_take_turns_in_a_new_order_each_time(script, monkeypatch):
    monkeypatch.setattr(script, "run", lambda kind, setting: {"wall_s": 1.0})  # noqa: ARG005
    rows = list(script.measured({"s": {}}, 3, []))
    assert [row["kind"] for row in rows[::3]] == ["ours", "bare", "glue"]
    assert {(row["repeat"], row["kind"]) for row in rows} == {
        (repeat, kind) for repeat in range(3) for kind in script.KINDS
    }


def test_ours_is_a_sound_recipe_with_all_its_trials(script, tmp_path):
    command = script.make_command("ours", script.SETTINGS["0.5 s, 5 reports"], tmp_path)
    config = load_recipe(tmp_path / "recipe.yaml")
    assert command[-1] == str(tmp_path / "recipe.yaml")
    assert (config.budget.trials, config.params["steps"]) == (200, 5)


@pytest.mark.integration
def test_the_quick_mode_runs_the_peer_with_everything_in_it(script):
    row = script.run("glue", script.QUICK["quick"])
    assert row["wall_s"] > 0
