import numpy as np
import pytest

from pareto_search.figures.history_view import history_view
from pareto_search.figures.sheets.progress import progress_sheet


def view(material, seconds=None):
    times = material.seconds if seconds is None else seconds
    return history_view(material.finished, material.objectives, "probe", 1, times)


def test_both_panels_show_the_same_history_over_trials_and_over_time(material):
    by_trials, by_time = progress_sheet(view(material)).panels
    count = len(material.finished)
    assert by_trials.series[0].x == tuple(range(1, count + 1))
    assert by_trials.series[0].y == by_time.series[0].y
    assert by_time.series[0].x == pytest.approx(np.asarray(material.seconds) / 60)
    assert by_time.x.label.startswith("minutes at work")


@pytest.mark.parametrize(
    ("last_s", "unit", "at"),
    [(90.0, "seconds", 90.0), (3600.0, "minutes", 60.0), (4 * 3600.0, "hours", 4.0)],
)
def test_time_has_the_unit_that_suits_it(material, last_s, unit, at):
    seconds = np.linspace(0, last_s, len(material.finished))
    panel = progress_sheet(view(material, seconds)).panels[1]
    assert panel.x.label.startswith(unit)
    assert panel.series[0].x[-1] == pytest.approx(at)


def test_without_times_there_is_no_panel_over_time(material):
    assert len(progress_sheet(view(material, ())).panels) == 1


def test_the_baseline_is_a_level_across_both_panels(material):
    history = view(material)
    for panel in progress_sheet(history).panels:
        line = panel.series[1]
        assert line.look.label.startswith("baseline")
        assert line.y == (history.baseline, history.baseline)
        assert line.x == (panel.x.low, panel.x.high)


def test_without_trials_the_sheet_says_so(material):
    sheet = progress_sheet(history_view([], material.objectives))
    assert (sheet.panels, sheet.note) == ((), "No trial has ended yet.")
