import numpy as np
import pytest

from pareto_search.figures.sheets.objectives import objective_sheet
from pareto_search.figures.sheets.roles import LOOKS
from pareto_search.objective import Objective
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord


def ended(index, f1, dice, state=TrialState.COMPLETE):
    return TrialRecord(Proposal(index, {"x": index}), state, {"f1": f1, "dice": dice}, step=3)


PAIR = (Objective(name="f1", reference=1.0),
        Objective(name="dice", direction="maximize", reference=0.0))  # fmt: skip


def test_the_best_so_far_is_that_of_complete_trials_alone_in_their_own_direction(material):
    sheet = objective_sheet(material.finished, material.objectives)
    for panel, objective in zip(sheet.panels, material.objectives, strict=True):
        (best,) = [series for series in panel.series if series.mode == "steps"]
        counted = [
            (place, record.values[objective.name])
            for place, record in enumerate(material.finished, start=1)
            if record.state is TrialState.COMPLETE and not record.is_constrained
        ]
        assert best.x[:-1] == tuple(place for place, _ in counted)
        assert best.y[:-1] == pytest.approx(np.minimum.accumulate([v for _, v in counted]))


def test_a_maximised_objective_rises_to_its_best():
    sheet = objective_sheet([ended(0, 0.5, 0.2), ended(1, 0.4, 0.7), ended(2, 0.3, 0.1)], PAIR)
    (best,) = [series for series in sheet.panels[1].series if series.mode == "steps"]
    assert best.y == (0.2, 0.7, 0.7, 0.7)
    assert sheet.panels[1].y.label == "dice ↑"


def test_a_stopped_trial_lies_where_it_was_stopped_and_is_no_best():
    sheet = objective_sheet(
        [ended(0, 0.5, 0.2), ended(1, 0.1, 0.9, TrialState.STOPPED), ended(2, 0.4, 0.1)], PAIR
    )
    series = {one.look.label: one for one in sheet.panels[0].series}
    assert series["stopped early"].x == (2.0,)
    assert series["stopped early"].y == (0.1,)
    assert series["best so far"].y == (0.5, 0.4, 0.4)


def test_failed_trials_are_at_the_bad_edge_of_each_objective():
    failed = TrialRecord(Proposal(1, {"x": 1}), TrialState.FAILED, error="x")
    sheet = objective_sheet([ended(0, 0.5, 0.2), failed], PAIR)
    edges = [sheet.panels[0].y.high, sheet.panels[1].y.low]
    for panel, edge in zip(sheet.panels, edges, strict=True):
        (lost,) = [one for one in panel.series if one.look == LOOKS["failed"]]
        assert lost.x == (2.0,)
        assert abs(lost.y[0] - edge) < 0.05 * (panel.y.high - panel.y.low)
        assert panel.y.low < lost.y[0] < panel.y.high


def test_every_trial_is_in_every_panel_once(material):
    for panel in objective_sheet(material.finished, material.objectives).panels:
        names = [name for series in panel.series for name in series.names]
        assert sorted(names) == sorted(record.uid for record in material.finished)


def test_the_title_counts_stops_and_failures(material):
    states = [record.state for record in material.finished]
    title = objective_sheet(material.finished, material.objectives).title
    assert f"{states.count(TrialState.STOPPED)} of them stopped early" in title
    assert f"{states.count(TrialState.FAILED)} failed" in title


def test_before_any_trial_has_ended_the_sheet_says_so():
    sheet = objective_sheet([], PAIR)
    assert sheet.panels == ()
    assert sheet.note == "No trial has ended yet."


def test_a_sweep_of_nothing_but_failures_is_drawn():
    failed = [TrialRecord(Proposal(i, {}), TrialState.FAILED, error="x") for i in range(3)]
    (first, _) = objective_sheet(failed, PAIR).panels
    assert [series.look.label for series in first.series] == ["failed"]
