import pytest
import yaml
from sweeping import ZDT1

from pareto_search.errors import RecipeError
from pareto_search.recipe.loading import change_config, load_recipe, make_config

SERVER = "http://me:hunter2@127.0.0.1:5000"


def write(tmp_path, **changes):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump({**ZDT1, **changes}))
    return recipe


def refusal(recipe, *overrides):
    with pytest.raises(RecipeError) as refused:
        load_recipe(recipe, overrides)
    return str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        SERVER,
        "postgresql://me:hunter2@db/mlflow",
        "postgresql://db/mlflow?user=me&password=hunter2",
        "postgresql://me:a@hunter2@db/mlflow",
    ],
)
def test_a_password_in_the_tracking_uri_is_refused_with_the_way_out_and_not_repeated(tmp_path, uri):
    told = refusal(write(tmp_path, tracking={"uri": uri}))
    assert "recipe.yaml:" in told
    assert "A recipe should hold no password. Found one in `tracking.uri`." in told
    assert "MLFLOW_TRACKING_PASSWORD" in told
    assert "hunter2" not in told


def test_so_is_one_that_comes_by_set_and_one_deep_in_the_parameters(tmp_path):
    told = refusal(write(tmp_path, params={"sources": [{"at": SERVER}]}), f"tracking.uri={SERVER}")
    assert "`params.sources.0.at`" in told
    assert "--set: A recipe should hold no password." in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:5000", "postgresql://me@db:5432/mlflow", "sqlite:////a/b@c.db",
     "s3://bucket/a@b", "http://me:***@server"],
)  # fmt: skip
def test_an_address_without_a_password_is_none(tmp_path, uri):
    assert load_recipe(write(tmp_path, tracking={"uri": uri})).tracking.uri == uri


def test_a_sweep_that_began_with_one_can_still_be_carried_on():
    config = make_config({**ZDT1, "tracking": {"uri": SERVER}})
    assert change_config(config, ["budget.trials=9"]).tracking.uri == SERVER
