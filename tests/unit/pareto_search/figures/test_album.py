"""Every figure of a made-up sweep is drawn by both libraries, and so is one without any trial."""

import io

import numpy as np
import plotly.graph_objects as go
import pytest
from generated import make_sweep
from PIL import Image

from pareto_search.figures import style
from pareto_search.figures.album import draw, is_empty, make_album, plot
from pareto_search.figures.material import load_material
from pareto_search.figures.sheets.sheet import Sheet, legend
from pareto_search.figures.static import image_bytes

NAMES = ("front", "hypervolume", "parts", "learning", "importance", "slices", "parallel",
         "objectives")  # fmt: skip
SHEETS = tuple(name for name in NAMES if name not in ("front", "parallel"))


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    return make_album(load_material(make_sweep(tmp_path_factory.mktemp("album"))))


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return make_album(load_material(make_sweep(tmp_path_factory.mktemp("empty"), trials=0)))


def test_the_album_holds_every_figure_and_none_of_them_is_empty(album):
    assert tuple(album.views) == NAMES
    assert not any(map(is_empty, album.views.values()))


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_has_the_common_width_and_shows_the_colour_of_the_front(album, name):
    content = image_bytes(draw(album.views[name]), "png")
    with Image.open(io.BytesIO(content)) as image:
        assert image.width == style.WIDTH_PX
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    front = np.asarray(list(bytes.fromhex(style.FRONT[1:])))
    assert (np.abs(pixels - front).sum(axis=1) < 60).sum() > 50


@pytest.mark.parametrize("name", SHEETS)
def test_both_libraries_draw_every_point_of_every_series(album, name):
    sheet = album.views[name]
    assert isinstance(sheet, Sheet)
    series = [series for panel in sheet.panels for series in panel.series]
    plotted, drawn = go.Figure(plot(sheet)), draw(sheet)
    for trace, one in zip(plotted.data, series, strict=True):
        assert list(trace.x) == pytest.approx(list(one.x), rel=1e-5)
        assert list(trace.y) == pytest.approx(list(one.y), rel=1e-5)
        assert trace.name == one.look.label
    axes = drawn.axes[: len(sheet.panels)]
    lines = [line for each in axes for line in each.lines]
    assert len(lines) == sum(one.mode != "bars" for one in series)
    assert sum(len(each.patches) for each in axes) == sum(
        len(one.x) for one in series if one.mode == "bars"
    )


@pytest.mark.parametrize("name", SHEETS)
def test_each_label_is_in_the_legend_once(album, name):
    sheet = album.views[name]
    labels = [series.look.label for series in legend(sheet)]
    assert [trace["name"] for trace in plot(sheet)["data"] if trace["showlegend"]] == labels
    texts = [text.get_text() for text in draw(sheet).legends[0].get_texts()]
    assert texts == labels


def test_a_logarithmic_axis_is_one_in_both_libraries(album):
    sheet = album.views["slices"]
    at = next(place for place, panel in enumerate(sheet.panels) if panel.x.is_log)
    axis = go.Figure(plot(sheet)).layout[f"xaxis{at + 1}"]
    assert axis.type == "log"
    assert 10 ** axis.range[0] == pytest.approx(sheet.panels[at].x.low)
    assert draw(sheet).axes[at].get_xscale() == "log"


def test_hovering_names_the_trial_and_no_word_of_a_recipe_becomes_markup(album):
    figure = go.Figure(plot(album.views["slices"]))
    assert all("%{customdata}" in trace.hovertemplate for trace in figure.data)
    names = [name for trace in figure.data for name in trace.customdata]
    assert any(name.startswith("t0001: loss.kind = ") for name in names)
    ticks = [word for axis in figure.select_xaxes() for word in axis.ticktext or ()]
    assert any("&lt;script" in word for word in ticks)
    assert not any("<script" in word for word in (*names, *ticks))


def test_a_sweep_without_trials_has_the_same_figures_each_with_a_reason(empty):
    assert tuple(empty.views) == NAMES
    for name, view in empty.views.items():
        assert is_empty(view), name
        assert name == "front" or view.note
        assert image_bytes(draw(view), "png").startswith(b"\x89PNG")
