"""The configuration holds its rules however it was built, and survives JSON."""

import pytest
from pydantic import ValidationError

from pareto_search.recipe.config import BudgetConfig, SearcherConfig, SweepConfig

RECIPE = {
    "name": "demo",
    "trainable": "a.b:c",
    "objectives": [{"name": "f1", "reference": 1}, {"name": "f2", "reference": 1}],
    "space": {
        "kind": {"type": "choice", "values": ["a", True, 1]},
        "x": {"type": "float", "low": 0, "high": 1, "when": {"kind": ["a", True]}},
    },
    "baselines": [{"kind": True, "x": 0}, {"kind": 1}],
    "params": {"deep": {"list": [1, 2.0, None, "x"]}, "limit": float("inf")},
    "budget": {"trials": 3, "wall_time": "1.5m"},
}


def test_configuration_survives_json():
    config = SweepConfig.model_validate(RECIPE)
    again = SweepConfig.model_validate_json(config.model_dump_json(by_alias=True))
    assert again == config
    assert [type(point["kind"]) for point in again.baselines] == [bool, int]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objectives": [{"name": "f", "reference": 1}] * 2}, "Found `name = f` twice"),
        ({"baselines": [{"x": 3}]}, "should be a number from 0.0 to 1.0"),
        (
            {"space": {"x": {"type": "int", "low": 0, "high": 1, "when": {"y": 1}}}},
            "A condition should name a key of the space",
        ),
        ({"space": {}}, "at least 1 item"),
        ({"searcher": {"kind": "rnsga2", "aspiration": [[1]]}}, "each of the 2 objectives"),
    ],
)
def test_rules_between_sections_hold_without_a_recipe_file(change, message):
    with pytest.raises(ValidationError, match=message):
        SweepConfig.model_validate({**RECIPE, **change})


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1.5h", 5400), (7, 7), (None, None)]
)
def test_wall_time_is_seconds_or_a_text_with_its_unit(text, seconds):
    assert BudgetConfig.model_validate({"trials": 1, "wall_time": text}).wall_time_s == seconds


@pytest.mark.parametrize("text", ["2 days", "1.2.3h", "-1s", "0s", "soon"])
def test_any_other_wall_time_is_refused(text):
    with pytest.raises(ValidationError):
        BudgetConfig.model_validate({"trials": 1, "wall_time": text})


def test_pymoo_is_refused_with_an_algorithm_it_does_not_have():
    with pytest.raises(ValidationError, match="nsga2"):
        SearcherConfig(engine="pymoo", kind="tpe")


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "a b", "x" * 64])
def test_a_name_that_is_no_safe_directory_is_refused(name):
    with pytest.raises(ValidationError):
        SweepConfig.model_validate({**RECIPE, "name": name})


def test_configuration_is_frozen():
    config = SweepConfig.model_validate(RECIPE)
    with pytest.raises(ValidationError):
        config.name = "other"
