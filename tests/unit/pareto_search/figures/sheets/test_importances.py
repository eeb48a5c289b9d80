from pareto_search.figures.album import ON_FRONT, make_album
from pareto_search.figures.sheets.importances import by_importance, importance_sheet
from pareto_search.searchers.optuna_importance import Importance

FOUND = {
    "f1": Importance({"a": 0.7, "b": 0.3}, {"a": 0.2, "b": 0.4}, 5),
    ON_FRONT: Importance({"a": 0.1, "b": 0.9}, {"a": 0.2, "b": 0.2}, 5),
}


def test_every_panel_has_the_parameters_in_the_order_that_matters_for_the_front():
    sheet = importance_sheet(FOUND, 40)
    assert by_importance(FOUND) == ["b", "a"]
    assert [panel.title for panel in sheet.panels] == ["for f1", f"for {ON_FRONT}"]
    assert [word for _, word in sheet.panels[0].y.ticks] == ["b", "a"]
    for panel in sheet.panels:
        assert [place for place, _ in panel.y.ticks] == [0.0, 1.0]
        assert panel.y.low > panel.y.high  # place 0 on top


def test_a_bar_is_the_share_of_its_parameter_and_the_mark_what_luck_reaches():
    bars, marks = importance_sheet(FOUND, 40).panels[0].series
    assert (bars.mode, bars.x, bars.y) == ("bars", (0.3, 0.7), (0.0, 1.0))
    assert marks.x == (0.4, 0.2)
    assert bars.names == ("b: no more than luck may do", "a: more than luck")


def test_with_too_few_trials_the_sheet_says_how_many_are_needed():
    sheet = importance_sheet({}, 9)
    assert sheet.panels == ()
    assert "9, where at least 15 are needed" in sheet.note


def test_in_a_made_up_sweep_what_decides_is_found_to_matter(material):
    importances = make_album(material).importances
    assert list(importances) == ["interior_error", "boundary_error", ON_FRONT]
    assert importances[ON_FRONT].mattering[:1] == ("width_mm",)
    assert set(importances[ON_FRONT].shares) == set(material.config.space)
