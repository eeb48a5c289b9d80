import pytest

from pareto_search.figures.sheets.curves import (
    MAX_MEMBERS,
    MAX_POINTS,
    chosen_trials,
    curve_sheet,
)
from pareto_search.fronts.front import front_of
from pareto_search.fronts.rows import knee_of
from pareto_search.storage.reports import ReportLine


@pytest.fixture
def sheet(material):
    chosen = chosen_trials(material.records, material.objectives)
    learned = material.directory.reports.of(chosen)
    return curve_sheet(learned, chosen, material.objectives)


def test_both_ends_of_the_front_its_knee_and_a_baseline_are_chosen(material):
    chosen = chosen_trials(material.records, material.objectives)
    front = front_of(material.records, material.objectives)
    members = [m.uid for m in front.members if not m.proposal.baseline]
    assert {members[0], members[-1], "t0000"} <= set(chosen)
    assert knee_of(front) is not None
    assert chosen[knee_of(front)].label.endswith("knee")
    assert len(chosen) <= MAX_MEMBERS + 2
    assert set(chosen) <= {*members, "t0000"}


def test_no_two_chosen_trials_look_the_same(material):
    looks = chosen_trials(material.records, material.objectives).values()
    assert len({(look.colour, look.dash) for look in looks}) == len(looks)


def test_a_curve_goes_over_the_steps_and_ends_at_the_trials_result(material, sheet):
    records = {record.uid: record for record in material.records}
    against, *over = sheet.panels
    assert [panel.title for panel in over] == [
        "interior_error over steps", "boundary_error over steps"
    ]  # fmt: skip
    for panel, objective in zip(over, material.objectives, strict=True):
        for series in curves(panel):
            record = records[series.look.label[:5]]
            assert series.x == tuple(range(1, record.step + 1))
            assert series.y[-1] == record.values[objective.name]
    for series in curves(against):
        values = records[series.look.label[:5]].values
        assert (series.x[-1], series.y[-1]) == tuple(values.values())


def test_where_a_curve_ends_is_in_view(sheet):
    for panel in sheet.panels[1:]:
        for series in curves(panel):
            assert panel.y.low <= series.y[-1] <= panel.y.high


def test_of_a_long_curve_some_points_are_shown_the_first_and_the_last_among_them(material):
    names = [objective.name for objective in material.objectives]
    lines = [ReportLine("t0001", step, dict.fromkeys(names, 1 / step)) for step in range(1, 1001)]
    look = next(iter(chosen_trials(material.records, material.objectives).values()))
    sheet = curve_sheet({"t0001": lines}, {"t0001": look}, material.objectives)
    (series, _) = sheet.panels[1].series
    assert len(series.x) == MAX_POINTS
    assert (series.x[0], series.x[-1]) == (1.0, 1000.0)


def test_reports_without_every_objective_are_passed_over(material):
    lines = [
        ReportLine("t0001", step, {"interior_error": 0.5, "boundary_error": value})
        for step, value in enumerate([0.9, float("nan"), 0.7], start=1)
    ]
    lines.append(ReportLine("t0001", 4, {"interior_error": 0.5}))
    look = next(iter(chosen_trials(material.records, material.objectives).values()))
    sheet = curve_sheet({"t0001": lines}, {"t0001": look}, material.objectives)
    assert sheet.panels[1].series[0].x == (1.0, 3.0)


def test_trials_that_report_once_have_no_curve(material):
    chosen = chosen_trials(material.records, material.objectives)
    sheet = curve_sheet({}, chosen, material.objectives)
    assert sheet.panels == ()
    assert "more than one step" in sheet.note


def test_a_large_mark_stands_at_the_end_of_each_curve(sheet):
    for panel in sheet.panels:
        ends = [series for series in panel.series if series.mode == "points"]
        for curve, end in zip(curves(panel), ends, strict=True):
            assert (end.x[0], end.y[0]) == (curve.x[-1], curve.y[-1])
            assert end.look.size > curve.look.size


def curves(panel):
    return [series for series in panel.series if series.mode == "line"]
