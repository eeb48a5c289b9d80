"""What tables, JSON and figures show of repeated configurations and of broken constraints."""

import io
import json
import math

import pytest
from rich.console import Console

from pareto_search.figures.front_view import front_view
from pareto_search.figures.interactive import plot_front
from pareto_search.figures.static import draw_front
from pareto_search.fronts.rows import front_rows, to_csv, to_json
from pareto_search.fronts.tables import front_table
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord

OBJECTIVES = (Objective(name="error", reference=1.0), Objective(name="cost", reference=9.0))


def trial(index, error, cost, x, repeat=0, baseline=False, violations=(0.0,)):
    proposal = Proposal(index, {"x": x}, baseline, repeat=repeat)
    values = {"error": error, "cost": cost}
    return TrialRecord(proposal, TrialState.COMPLETE, values, violations=violations)


RECORDS = [
    trial(0, 0.05, 1.0, 0.1, baseline=True, violations=(3.0,)),
    trial(1, 0.05, 1.0, 0.1, 1, baseline=True, violations=(3.0,)),
    trial(2, 0.2, 2.0, 0.2),
    trial(3, 0.4, 2.0, 0.2, 1),
    trial(4, 0.28, 5.0, 0.3),
    trial(5, 0.24, 5.0, 0.3, 1),
    trial(6, 0.9, 8.0, 0.4),
]


def test_a_row_holds_means_standard_errors_trials_and_the_probability_of_the_front():
    baseline, narrow, wide = front_rows(RECORDS, OBJECTIVES)
    assert (baseline["constrained"], baseline["on_front"]) == (True, False)
    assert (baseline["probability"], baseline["trials"]) == (None, 2)
    assert narrow["objectives"] == pytest.approx({"error": 0.26, "cost": 5.0})
    assert narrow["standard_errors"] == pytest.approx({"error": 0.02, "cost": 0.0})
    assert wide["standard_errors"]["error"] == pytest.approx(0.1)
    assert wide["probability"] == 1.0  # none is cheaper, whatever the seeds
    assert 0.5 < narrow["probability"] < 1.0


def test_without_repeats_nothing_is_claimed_of_spread():
    (row,) = front_rows(RECORDS[2:3], OBJECTIVES)
    assert row["standard_errors"] == {"error": None, "cost": None}
    assert (row["trials"], row["probability"]) == (1, None)


def test_rows_are_plain_data_for_programs():
    rows = front_rows(RECORDS, OBJECTIVES)
    assert json.loads(to_json(rows))[1]["trials"] == 2
    assert "standard_errors.error" in to_csv(rows).splitlines()[0]


def test_the_table_shows_them_and_says_which_baseline_breaks_a_constraint():
    console = Console(width=120, file=io.StringIO(), color_system=None)
    console.print(front_table(RECORDS, OBJECTIVES))
    text = console.file.getvalue()
    assert "0.26 ±0.02" in text
    assert "P(front)" in text
    assert "constrained baseline" in text
    assert "dominated" not in text


def test_figures_draw_means_with_their_bars_and_mark_what_breaks_a_constraint():
    view = front_view(RECORDS, OBJECTIVES)
    assert [mark.uid for mark in view.constrained] == ["t0000"]
    assert [mark.uid for mark in view.front] == ["t0004", "t0002"]
    assert [mark.dx for mark in view.front] == pytest.approx([0.02, 0.1])
    assert [mark.uid for mark in view.dominated] == ["t0006"]
    front = next(trace for trace in plot_front(view).data if trace.name == "front")
    assert list(front.error_x.array) == pytest.approx([0.02, 0.1])
    bars = [collection.get_paths() for collection in draw_front(view).axes[0].collections]
    widths = [
        math.dist(path.vertices[0], path.vertices[1])
        for paths in bars
        for path in paths
        if len(path.vertices) == 2
    ]
    assert any(width == pytest.approx(0.2) for width in widths)
