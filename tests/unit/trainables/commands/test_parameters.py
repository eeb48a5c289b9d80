"""How a parameter file and its overrides are read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainables.commands.parameters import apply_override, load_parameters, parse_yaml
from trainables.errors import ParameterError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("-2E5", -2e5),
        ("5.", 5.0),
        (".5", 0.5),
        ("1.5e+2", 150.0),
        (".inf", math.inf),
    ],
)
def test_scientific_notation_is_a_number(text, value):
    parsed = parse_yaml(f"key: {text}", "file")
    assert parsed == {"key": value}
    assert type(parsed["key"]) is float


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_that_python_writes_is_read_back(value):
    assert parse_yaml(repr(value), "file") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("e5", "e5"), ("1e", "1e"), ("'1e-3'", "1e-3"), ("v1.2", "v1.2")],
)
def test_whole_numbers_and_text_stay_what_they_are(text, value):
    assert parse_yaml(text, "file") == value
    assert type(parse_yaml(text, "file")) is type(value)


def test_overrides_win_over_the_file_and_later_ones_over_earlier(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text("loss: {tau: 1.0, gamma: 2}\nfuzzy:\n")
    params = load_parameters(file, ["loss.tau=1e-2", "loss.tau=2e-2", "fuzzy.width_mm=3", "seed=7"])
    assert params == {"loss": {"tau": 0.02, "gamma": 2}, "fuzzy": {"width_mm": 3}, "seed": 7}


def test_an_empty_file_holds_no_parameters(tmp_path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert load_parameters(tmp_path / "empty.yaml") == {}


@pytest.mark.parametrize("override", ["epochs", "=3", "loss..tau=1", "loss.=1", "seed.x=1"])
def test_an_override_that_cannot_be_applied_is_refused_with_its_text(override):
    with pytest.raises(ParameterError, match=r"should .* Found") as caught:
        apply_override({"seed": 3}, override)
    assert override in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2", r"params.yaml:\d+:\d+: this should be YAML"),
        ("a: 1\nb: 2\na: 3", r"params.yaml:3:1: .* the key `a` twice"),
        ("- 1\n- 2", "should hold a mapping. Found list"),
        ("space: {}\ntrainable: a:b\n", "recipe of a sweep: run it with `pareto-search run"),
        ("a: !!python/object:os.system x", "should be YAML"),
    ],
)
def test_a_file_that_holds_no_parameters_is_refused_with_its_place(tmp_path, text, message):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ParameterError, match=message):
        load_parameters(tmp_path / "params.yaml")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(ParameterError, match=r"nowhere\.yaml should be readable"):
        load_parameters(tmp_path / "nowhere.yaml")
