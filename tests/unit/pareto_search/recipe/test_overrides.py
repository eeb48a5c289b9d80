"""An override finds the key that is meant, dots inside keys and all."""

import pytest

from pareto_search.recipe.document import Document, parse_document
from pareto_search.recipe.overrides import apply_overrides

TEXT = """\
objectives: [{name: f1}, {name: f2}]
params: {network: {width: 8}}
space:
  fuzzy.width_mm: {type: float, low: 1, high: 2}
baselines: [{fuzzy.width_mm: 1}]
tracking:
"""


def overridden(*overrides: str) -> Document:
    document, problems = apply_overrides(parse_document(TEXT, "r.yaml"), overrides)
    assert problems == []
    return document


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("params.network.width=16", ("params", "network", "width"), 16),
        ("params.loss.tau=1e-3", ("params", "loss", "tau"), 0.001),
        ("objectives.1.name=dice", ("objectives", 1, "name"), "dice"),
        ("space.fuzzy.width_mm.high=3", ("space", "fuzzy.width_mm", "high"), 3),
        ("space.loss.tau={type: int}", ("space", "loss.tau"), {"type": "int"}),
        ("space.loss.tau.low=1", ("space", "loss.tau", "low"), 1),
        (
            "space.fuzzy.width_mm.when.loss.kind=a",
            ("space", "fuzzy.width_mm", "when", "loss.kind"),
            "a",
        ),
        ("baselines.0.fuzzy.strength=0", ("baselines", 0, "fuzzy.strength"), 0),
        ("baselines.0.fuzzy.width_mm=2", ("baselines", 0, "fuzzy.width_mm"), 2),
        ("baselines=[]", ("baselines",), []),
        ("tracking.uri=http://a:1/b=c", ("tracking", "uri"), "http://a:1/b=c"),
        ("name=", ("name",), None),
        ("name=no", ("name",), "no"),
    ],
)
def test_override_reaches_its_key(override, path, value):
    document = overridden(override)
    assert document.get(path) == value
    assert document.where(path) == f"--set {override}"


def test_the_last_override_wins():
    assert overridden("name=a", "name=b").get(("name",)) == "b"


def test_places_of_what_was_replaced_are_forgotten():
    document = overridden("space.fuzzy.width_mm={type: int}")
    assert document.where(("space", "fuzzy.width_mm", "type")).startswith("--set")


def test_the_document_it_starts_from_is_left_alone():
    document = parse_document(TEXT, "r.yaml")
    apply_overrides(document, ["params.network.width=16"])
    assert document.get(("params", "network", "width")) == 8


@pytest.mark.parametrize(
    ("override", "rule"),
    [
        ("width", "An override should read key=value."),
        ("=3", "An override should read key=value."),
        ("a..b=3", "An override should read key=value."),
        ("a=[1", "The value of an override should be YAML."),
        ("a={b: 1, b: 2}", "The value of an override should be YAML."),
        ("a=!!set {b}", "The value of an override should be YAML."),
        ("objectives.2.name=x", "`objectives` is a list"),
        ("objectives.first.name=x", "`objectives` is a list"),
        ("params.network.width.more=1", "`params.network.width` holds a single value"),
    ],
)
def test_what_cannot_be_applied_is_reported_and_left_out(override, rule):
    original = parse_document(TEXT, "r.yaml")
    document, (problem,) = apply_overrides(original, [override])
    assert problem.rule.startswith(rule)
    assert problem.where == f"--set {override}"
    assert document.data == original.data
