"""What a notebook gets of a sweep equals what is on disk; nothing heavy is needed for it."""

import json
import subprocess
import sys
import textwrap

import pandas as pd
import pytest
from comparing import records_of, write_sweep
from recording import HandSweep

import pareto_search
from pareto_search import Sweep
from pareto_search.errors import RecipeError, SweepFailedError, SweepNotFoundError
from pareto_search.fronts.front import front_of
from pareto_search.fronts.rows import front_rows
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.lock import writing


@pytest.fixture
def hand(tmp_path):
    """Two trials on the front, one failed and one that has not ended."""
    hand = HandSweep(tmp_path)
    hand.trial(0, 0.4, 0.4)
    hand.trial(1, 0.2, 0.6)
    hand.begin(2)
    hand.end(2, state=TrialState.FAILED, error="broken")
    hand.begin(3)
    hand.report(3, 1, 0.9, 0.8)
    return hand


@pytest.fixture
def sweep(hand):
    return Sweep("toy", storage=hand.directory.storage)


def test_the_front_is_that_of_the_command_in_flat_columns(hand, sweep):
    frame = sweep.front()
    rows = front_rows(hand.directory.records(), hand.config.objectives)
    assert list(frame.index) == [row["trial"] for row in rows] == ["t0001", "t0000"]
    assert frame["f1"].tolist() == [0.2, 0.4]
    assert frame["x0"].tolist() == [0.1, 0.0]
    assert frame["baseline"].tolist() == [False, True]
    assert frame["metrics.dice/WT"].tolist() == [0.8, 0.6]
    assert frame["on_front"].all()


def test_trials_are_all_that_began_with_their_state(sweep, hand):
    frame = sweep.trials()
    assert frame["state"].tolist() == ["complete", "complete", "failed", "interrupted"]
    assert frame.loc["t0002", "error"] == "broken"
    assert frame["f1"].isna().tolist() == [False, False, False, True]
    assert frame["on_front"].tolist() == [True, True, False, False]
    assert frame["x0"].tolist() == [0.0, 0.1, 0.2, 0.3]
    assert str(frame["began"].dtype).startswith("datetime64")
    with writing(hand.directory):
        assert sweep.trials()["state"].tolist()[-1] == "running"


def test_reports_are_by_step_and_the_first_of_a_step_counts(sweep, hand):
    hand.report(3, 2, 0.7, 0.7)
    hand.report(3, 1, 0.1, 0.1)  # again, after a resume
    frame = sweep.reports("t0003")
    assert frame.index.tolist() == [1, 2]
    assert frame["f1"].tolist() == [0.9, 0.7]
    assert frame["after_s"].iloc[0] == 0
    assert sweep.reports("t0002").empty
    with pytest.raises(KeyError, match="t0003"):
        sweep.reports("t0033")


def test_figures_are_plots_of_front_and_hypervolume(sweep):
    assert [trace.name for trace in sweep.figure().data][-2:] == ["front", "baseline"]
    assert "hypervolume" in sweep.figure("hypervolume").layout.title.text
    with pytest.raises(ValueError, match=r"front or hypervolume\. Found `knee`"):
        sweep.figure("knee")


def test_a_pick_is_that_of_the_command(sweep):
    assert sweep.pick(prefer={"f1": 1, "f2": 0}).record.uid == "t0001"
    assert sweep.pick(where="f1>=0.3").record.uid == "t0000"
    assert "t0000" in sweep.pick(where=["f1>=0.3", "f2<=0.5"]).reason


def test_a_pick_comes_near_to_a_reference(sweep):
    choice = sweep.pick(reference={"f1": 0.2, "f2": 0.7})
    assert (choice.record.uid, choice.criterion) == ("t0001", "reference")
    assert sweep.pick(reference={"f1": 0.5, "f2": 0.4}).record.uid == "t0000"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prefer": {"f1": "a", "f2": 1}}, r"^prefer: .* number .* Found 'a' for `f1`\."),
        ({"prefer": "f1=1"}, r"^prefer: .* Found 'f1=1'\."),
        ({"prefer": {"f1": 1}}, r"^prefer: .* Found no weight of f2\."),
        ({"reference": {"f1": None, "f2": 1}}, r"^reference: .* Found None for `f1`\."),
        ({"reference": {"f1": float("nan"), "f2": 1}}, r"^reference: .*finite.* Found f1 nan"),
        ({"reference": {"f": 1}}, r"^reference: .* Found `f`\."),
        ({"knee": True, "reference": {"f1": 0, "f2": 0}}, r"^reference: excludes knee\."),
        ({"where": "f1"}, r"^where: .* For example where"),
    ],
)
def test_errors_of_a_pick_name_its_arguments(sweep, arguments, message):
    with pytest.raises(RecipeError, match=message) as raised:
        sweep.pick(**arguments)
    assert "--" not in str(raised.value)


def test_bounds_that_leave_nothing_are_to_be_relaxed_by_their_argument(sweep):
    with pytest.raises(SweepFailedError, match=r" Relax where\.$"):
        sweep.pick(where="f1<=0.1")


def test_it_shows_itself_as_text_and_as_a_table(sweep):
    text = "interrupted, 3 of 4 trials ended, 1 failed, 2 on the front, hypervolume 0.44"
    assert repr(sweep) == f"Sweep('toy': {text})"
    html = sweep._repr_html_()
    assert "<b>sweep toy</b>" in html
    assert html.count("<tr") == 3
    assert "t0001" in html
    assert "metrics." not in html


def test_repeated_configurations_have_means_and_standard_errors(tmp_path):
    points = [(0.2, 0.6), (0.4, 0.6), (0.6, 0.2), (0.8, 0.2)]
    directory = write_sweep(tmp_path, "twice", points, repeats=2)
    frame = Sweep("twice", tmp_path).front()
    members = front_of(directory.records(), directory.config().objectives).members
    assert frame["f1"].tolist() == [member.values["f1"] for member in members]
    assert frame["f1 ±"].tolist() == pytest.approx([0.1, 0.1])
    assert frame["trials"].tolist() == [2, 2]


def test_a_sweep_without_an_ended_trial_has_empty_tables_with_their_columns(tmp_path):
    write_sweep(tmp_path, "new", [])
    sweep = Sweep("new", tmp_path)
    for frame in (sweep.front(), sweep.trials()):
        assert isinstance(frame, pd.DataFrame)
        assert len(frame) == 0
        assert {"f1", "f2"} <= set(frame.columns)
    assert "0 on the front" in repr(sweep)
    assert "<table" in sweep._repr_html_()


def test_a_parameter_that_is_named_as_an_objective_keeps_a_column(tmp_path):
    space = {"f1": {"type": "float", "low": 0, "high": 1}}
    directory = write_sweep(tmp_path, "odd", [], space=space)
    for record in records_of([(0.25, 0.5)]):
        point = type(record.proposal)(0, {"f1": 0.75})
        directory.journal.append(type(record)(point, record.state, record.values))
    frame = Sweep("odd", tmp_path).front()
    assert (frame["f1"].item(), frame["params.f1"].item()) == (0.25, 0.75)


def test_a_sweep_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SweepNotFoundError, match="No sweep named `toy`"):
        Sweep("toy", tmp_path)


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="no attribute 'Swep'"):
        _ = pareto_search.Swep


NOTEBOOK = textwrap.dedent("""
    import json, sys

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {"ray", "mlflow", "optuna", "pymoo", "torch"}:
                raise ModuleNotFoundError(f"{name} is blocked", name=name)

    sys.meta_path.insert(0, Blocker())
    import pareto_search
    before = {"numpy", "pandas", "plotly", "pydantic"} & set(sys.modules)

    from pareto_search import Sweep

    sweep = Sweep("toy", storage=sys.argv[1])
    front = sweep.front()
    page = sweep.figure().to_json()
    print(json.dumps([sorted(before), front["f1"].tolist(), len(page) > 1000]))
""")


def test_the_package_imports_for_nothing_and_a_notebook_needs_no_ray_and_no_mlflow(hand):
    ended = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(hand.directory.storage)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == [[], [0.2, 0.4], True]
