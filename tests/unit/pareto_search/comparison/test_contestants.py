import pytest
from comparing import a_run, write_sweep

from pareto_search.comparison.contestants import load_contestants
from pareto_search.errors import RecipeError, SweepNotFoundError

POINTS = [(0.2, 0.6), (0.6, 0.2)]


@pytest.fixture
def storage(tmp_path):
    for name in ("gp-1", "gp-2", "tpe-1"):
        write_sweep(tmp_path, name, POINTS)
    return tmp_path


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["gp-1", "tpe-1"], {"gp-1": ["gp-1"], "tpe-1": ["tpe-1"]}),
        (["gp=gp-1, gp-2", "tpe-1"], {"gp": ["gp-1", "gp-2"], "tpe-1": ["tpe-1"]}),
        (["gp=gp-*"], {"gp": ["gp-1", "gp-2"]}),
        (["gp-*", "t=tpe-1"], {"gp-*": ["gp-1", "gp-2"], "t": ["tpe-1"]}),
    ],
)
def test_a_contestant_is_a_sweep_or_several_under_a_label_or_a_pattern(storage, texts, wanted):
    found = load_contestants(storage, texts)
    assert {one.label: [run.name for run in one.runs] for one in found} == wanted


@pytest.mark.parametrize("text", ["", "=gp-1", "gp=", "gp=gp-1,,gp-2"])
def test_a_text_that_names_nothing_is_refused_with_an_example(storage, text):
    with pytest.raises(RecipeError, match=r"should be NAME, or LABEL=NAME.*tpe=tpe-1,tpe-2"):
        load_contestants(storage, [text])


@pytest.mark.parametrize("texts", [["gp-1", "gp-1"], ["a=gp-1", "b=gp-1"], ["a=gp-1", "a=gp-2"]])
def test_no_sweep_and_no_label_comes_twice(storage, texts):
    with pytest.raises(RecipeError, match="twice"):
        load_contestants(storage, texts)


@pytest.mark.parametrize("text", ["gp-3", "gp=gp-1,gp-3", "nsga*"])
def test_what_is_not_there_is_said_with_what_is(storage, text):
    with pytest.raises(SweepNotFoundError, match="Sweeps there: gp-1, gp-2, tpe-1"):
        load_contestants(storage, [text])


def test_the_first_trials_are_those_that_ended_first():
    run = a_run("one", [(0.5, 0.5), (0.4, 0.6), (0.6, 0.4)])
    late = type(run)(run.name, run.config, run.facts, run.finished[::-1])
    assert [record.uid for record in late.records(2)] == ["t0001", "t0002"]
    assert run.worked_s == 90
