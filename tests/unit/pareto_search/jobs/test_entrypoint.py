"""The command of a job says what was asked for, and no secret."""

import shlex

import pytest

from pareto_search.errors import RecipeError
from pareto_search.jobs.entrypoint import Call, check_no_secret

NASTY = 'params.note=it\'s $HOME; `rm -rf /` "&" | *\n'


def test_overrides_reach_the_sweep_as_they_were_typed():
    call = Call(
        "my recipe.yaml", "/mnt/my sweeps", "toy", "http://mlflow:5000", [NASTY, "a=[1, 2]"]
    )
    words = shlex.split(call.command())
    assert words[:5] == ["python", "-m", "pareto_search", "run", "my recipe.yaml"]
    assert words[5:] == [
        "--address", "auto", "--resume", "auto", "--storage", "/mnt/my sweeps", "--name", "toy",
        "--tracking-uri", "http://mlflow:5000", "--set", NASTY, "--set", "a=[1, 2]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "http://me:hunter2@mlflow:5000",
        "postgresql://me:hunter2@db/mlflow",
        "tracking.uri=https://hunter2@mlflow",
        "--extra-index-url=https://me:hunter2@packages.example/simple",
    ],
)
def test_a_password_is_refused_with_advice_and_not_repeated(text):
    with pytest.raises(RecipeError, match="MLFLOW_TRACKING_PASSWORD") as caught:
        check_no_secret([("--flag", text)])
    assert "--flag" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_address_without_a_password_is_none():
    plain = [("--tracking-uri", "http://mlflow:5000"), ("--set", "params.epochs=3")]
    assert check_no_secret(plain) is None
