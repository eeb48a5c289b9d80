import pytest
from generated import HOSTILE, make_sweep

from pareto_search.figures.material import load_material
from pareto_search.figures.parallel import parallel_view, plot_parallel
from pareto_search.figures.parallel.view import ABSENT, MAX_PARAMETERS
from pareto_search.fronts.front import front_of
from pareto_search.searchers.protocol import TrialState
from pareto_search.space import Float


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return load_material(make_sweep(tmp_path_factory.mktemp("parallel")))


@pytest.fixture(scope="module")
def view(material):
    return parallel_view(material.records, material.config.space, material.objectives)


def place(view, line, label):
    return line.places[[axis.label for axis in view.axes].index(label)]


def test_the_axes_are_the_parameters_then_the_objectives(view, material):
    keys = list(material.config.space)
    assert [axis.label for axis in view.axes] == [*keys, "interior_error ↓", "boundary_error ↓"]


def test_every_complete_trial_is_a_line_and_those_that_matter_are_on_top(view, material):
    complete = [r.uid for r in material.records if r.state is TrialState.COMPLETE]
    assert sorted(line.uid for line in view.lines) == complete
    roles = list(dict.fromkeys(line.role for line in view.lines))
    assert roles == ["constrained", "dominated", "front", "baseline"]
    members = {m.uid for m in front_of(material.records, material.objectives).members}
    assert {line.uid for line in view.lines if line.role == "front"} == members - {"t0000"}


def test_a_place_is_the_part_of_the_range_in_the_logarithm_where_it_is_searched_so(view, material):
    records = {record.uid: record for record in material.records}
    for line in view.lines:
        point = records[line.uid].proposal.point
        assert place(view, line, "warmup") == point["warmup"]
        assert 0.5 * 8 ** place(view, line, "width_mm") == pytest.approx(point["width_mm"])
        assert 2 + 3 * place(view, line, "depth") == pytest.approx(point["depth"])


def test_an_inactive_parameter_is_passed_below_its_axis_which_says_so(view, material):
    records = {record.uid: record for record in material.records}
    for line in view.lines:
        is_absent = "loss.tau" not in records[line.uid].proposal.point
        assert (place(view, line, "loss.tau") == ABSENT) == is_absent
    assert [axis.label for axis in view.axes if axis.is_conditional] == ["loss.tau"]


def test_choices_stand_at_their_words(view):
    axis = next(axis for axis in view.axes if axis.label == "loss.kind")
    places = {word: at for at, word in axis.ticks}
    assert list(places) == ["plain", "consistent", HOSTILE]
    assert {place(view, line, "loss.kind") for line in view.lines} == set(places.values())


def test_all_places_lie_on_their_axes_and_the_best_of_the_front_inside(view):
    for line in view.lines:
        assert all(at == ABSENT or 0 <= at <= 1 for at in line.places)
        if line.role == "front":
            assert all(0 < at < 1 for at in line.places[-2:])


def test_of_many_parameters_the_first_of_the_order_are_shown(material):
    space = {f"x{at}": Float(type="float", low=0, high=1) for at in range(MAX_PARAMETERS + 1)}
    view = parallel_view(material.records, space, material.objectives, list(space)[::-1])
    assert view.axes[0].label == f"x{MAX_PARAMETERS}"
    assert len(view.axes) == MAX_PARAMETERS + 2
    assert view.note == "1 parameter that matters less is left out"


def test_the_interactive_figure_has_a_line_for_each_trial_with_a_gap_after_each(view):
    figure = plot_parallel(view)
    *traces, hovered = figure.data
    points = figure.layout.meta["points"]
    assert points == len(view.axes)
    found = {}
    for trace in traces:
        for at in range(0, len(trace.y), points + 1):
            assert trace.y[at + points] is None
            found[trace.customdata[at][:5]] = trace.y[at : at + points]
    assert found == {line.uid: pytest.approx(line.places, abs=1e-4) for line in view.lines}
    assert len(hovered.x) == 0
    words = [note.text for note in figure.layout.annotations]
    assert words.count("absent") == 1
    assert "loss.<br>tau" in words
    assert not any("<script" in word for word in words)


def test_without_complete_trials_there_are_no_lines_and_a_reason(material):
    view = parallel_view([], material.config.space, material.objectives)
    assert (view.lines, view.note) == ((), "No trial is complete yet.")
