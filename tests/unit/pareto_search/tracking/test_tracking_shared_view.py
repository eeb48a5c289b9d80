"""The shared view holds what it is to show, of this sweep only, and fits into a tag."""

import base64
import json
import random
import zlib

import pytest
from recording import RECIPE

from pareto_search.recipe.config import SweepConfig
from pareto_search.tracking.pages import view_page
from pareto_search.tracking.shared_view import MAX_LENGTH, make_state, shown, view_tag

FLOAT = {"type": "float", "low": 0, "high": 1}


def make_config(**changes):
    return SweepConfig.model_validate({**RECIPE, "baselines": [], **changes})


def state_of(config):
    return make_state(config, "abc", shown(config.space))


def charts_of(config):
    return {chart["type"]: chart for chart in state_of(config)["compareRunCharts"]}


def test_the_tag_unpacks_to_the_state():
    config = make_config()
    view = json.loads(view_tag(config, "abc", 1234))
    kind, packed = view["state"].split(";")
    assert kind == "deflate"
    assert json.loads(zlib.decompress(base64.b64decode(packed))) == state_of(config)
    assert (view["name"], view["createdAt"], view["updatedAt"]) == ("toy: front", 1234, 1234)


def test_it_holds_the_children_of_one_run_by_their_places():
    state = state_of(make_config())
    assert state["searchFilter"] == "tags.`mlflow.parentRunId` = 'abc'"
    assert state["orderByKey"] == "metrics.`pareto/hypervolume_rank`"
    assert state["orderByAsc"] is True


def test_keys_are_those_that_the_rows_have():
    objectives = [
        {"name": "dice@WT", "reference": 0, "direction": "maximize"},
        *RECIPE["objectives"],
    ]
    space = {"a@b": FLOAT, "c": {"type": "choice", "values": ["x", "y"]}, "d": FLOAT}
    charts = charts_of(make_config(objectives=objectives, space=space))
    assert charts["SCATTER"]["xaxis"] == {"key": "dice_WT-b328", "type": "METRIC"}
    assert charts["SCATTER"]["yaxis"] == {"key": "f1", "type": "METRIC"}
    (legal,) = {key for key in charts["PARALLEL"]["selectedParams"] if key.startswith("a_b-")}
    assert charts["PARALLEL"]["selectedParams"] == [legal, "c", "d"]
    assert charts["PARALLEL"]["selectedMetrics"] == ["dice_WT-b328", "f1", "f2"]
    assert charts["CONTOUR"]["xaxis"] == {"key": legal, "type": "PARAM"}
    assert charts["CONTOUR"]["yaxis"] == {"key": "d", "type": "PARAM"}


def test_a_parameter_that_some_trials_lack_hides_none_of_them():
    space = {
        "kind": {"type": "choice", "values": ["x", "y"]},
        "z": {**FLOAT, "when": {"kind": "x"}},
    }
    charts = charts_of(make_config(space=space))
    assert charts["PARALLEL"]["selectedParams"] == ["kind"]


@pytest.mark.parametrize(
    ("space", "shown_as"),
    [({"x": FLOAT}, "x"), ({"c": {"type": "choice", "values": [1, 2]}}, "pareto/hypervolume_rank")],
)
def test_with_few_numbers_the_contour_is_over_the_objectives(space, shown_as):
    contour = charts_of(make_config(space=space))["CONTOUR"]
    keys = (contour["xaxis"]["key"], contour["yaxis"]["key"], contour["zaxis"]["key"])
    assert keys == ("f1", "f2", shown_as)


def test_it_fits_into_a_tag_with_a_great_many_parameters():
    names = random.Random(0)  # no two alike, so nothing packs them well
    space = {f"section{i}.{names.getrandbits(99):x}": FLOAT for i in range(900)}
    tag = view_tag(make_config(space=space), "a" * 32, 1)
    assert len(tag) <= MAX_LENGTH
    assert json.loads(tag)["state"].startswith("deflate;")


def test_the_page_opens_on_the_charts():
    assert view_page("3", "pareto-12") == (
        "#/experiments/3/runs?viewStateShareKey=pareto-12&compareRunsMode=CHART"
        "&workflowType=machine_learning"
    )
