"""Keys that MLflow accepts, and that stay apart."""

import posixpath
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pareto_search.storage.reports import ReportLine
from pareto_search.tracking.client import Measurement
from pareto_search.tracking.naming import legal_key, params_of, reported


@given(st.text())
def test_every_key_becomes_one_that_mlflow_accepts(name):
    key = legal_key(name)
    assert re.fullmatch(r"[/\w.\- :]+", key, re.ASCII)
    assert posixpath.normpath(key) == key
    assert key != "."
    assert not key.startswith(("..", "/"))
    assert len(key) <= 250


@given(st.text())
def test_a_legal_key_stays_as_it_is(name):
    assert legal_key(legal_key(name)) == legal_key(name)


@pytest.mark.parametrize(("a", "b"), [("a@b", "a#b"), ("a//b", "a__b"), ("x" * 251, "x" * 252)])
def test_different_keys_stay_different(a, b):
    assert legal_key(a) != legal_key(b)


def test_what_is_no_number_is_no_metric():
    line = ReportLine(
        "t0000", 3, {"loss": 1, "is_good": True, "note": "hi", "gone": None}, time=2.5
    )
    assert reported(line) == [
        Measurement("loss", 1.0, 2500, 3),
        Measurement("is_good", 1.0, 2500, 3),
    ]


def test_params_are_flat_text():
    nested = {"a": {"b": [1, 2], "c": None}, "d": True, "e.f": 0.5}
    assert params_of(nested) == {"a.b": "[1, 2]", "a.c": "null", "d": "true", "e.f": "0.5"}
