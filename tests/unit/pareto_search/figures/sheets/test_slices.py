import pytest

from pareto_search.figures.sheets.slices import MAX_PARAMETERS, slice_sheet
from pareto_search.searchers.protocol import TrialState
from pareto_search.space import Float


def names(panel):
    return [name.partition(":")[0] for series in panel.series for name in series.names]


def panels(material, key, order=()):
    space, objectives = material.config.space, material.objectives
    sheet = slice_sheet(material.records, space, objectives, order)
    return [panel for panel in sheet.panels if panel.x.label == key]


def complete(material):
    return [r for r in material.records if r.state is TrialState.COMPLETE]


def test_there_is_a_panel_for_each_parameter_and_objective_and_each_holds_every_trial(material):
    sheet = slice_sheet(material.records, material.config.space, material.objectives)
    pairs = [(panel.x.label, panel.y.label) for panel in sheet.panels]
    wanted = [(key, f"{o.name} ↓") for key in material.config.space for o in material.objectives]
    assert pairs == wanted
    for panel in panels(material, "warmup"):
        assert sorted(names(panel)) == sorted(record.uid for record in complete(material))


def test_a_conditional_parameter_shows_the_trials_in_which_it_is_active(material):
    active = [r.uid for r in complete(material) if "loss.tau" in r.proposal.point]
    assert 0 < len(active) < len(complete(material))
    for panel in panels(material, "loss.tau"):
        assert sorted(names(panel)) == sorted(active)


def test_a_parameter_searched_in_the_logarithm_has_a_logarithmic_axis_over_its_range(material):
    (panel, _) = panels(material, "width_mm")
    assert panel.x.is_log
    assert 0 < panel.x.low < 0.5 < 4.0 < panel.x.high
    assert not panels(material, "warmup")[0].x.is_log


def test_a_choice_is_spread_about_its_own_tick_and_no_further(material):
    (panel, _) = panels(material, "loss.kind")
    values = material.config.space["loss.kind"].values
    assert [word for _, word in panel.x.ticks] == ["plain", "consistent", "<script>ale…"]
    place = {value: at for value, (at, _) in zip(values, panel.x.ticks, strict=True)}
    for series in panel.series:
        for x, name in zip(series.x, series.names, strict=True):
            assert abs(x - place[name.partition(" = ")[2]]) <= 0.25
    spread = {x for series in panel.series for x in series.x}
    assert len(spread) == len(complete(material))


def test_points_lie_at_the_values_of_their_trials(material):
    (panel, _) = panels(material, "warmup")
    records = {record.uid: record for record in material.records}
    for series in panel.series:
        for x, y, name in zip(series.x, series.y, series.names, strict=True):
            record = records[name.partition(":")[0]]
            assert x == record.proposal.point["warmup"]
            assert y == record.values["interior_error"]


def test_of_many_parameters_the_first_of_the_order_are_shown_and_the_rest_counted(material):
    space = {f"x{at}": Float(type="float", low=0, high=1) for at in range(MAX_PARAMETERS + 2)}
    order = [f"x{at}" for at in reversed(range(MAX_PARAMETERS + 2))]
    sheet = slice_sheet(material.records, space, material.objectives, order)
    assert sheet.panels[0].x.label == order[0]
    assert len(sheet.panels) == MAX_PARAMETERS * 2
    assert sheet.note == "2 parameters that matter less are left out"


@pytest.mark.parametrize("state", [TrialState.STOPPED, TrialState.FAILED])
def test_trials_without_a_full_result_are_in_no_slice(material, state):
    shown = {name for panel in panels(material, "depth") for name in names(panel)}
    assert not shown & {r.uid for r in material.records if r.state is state}
