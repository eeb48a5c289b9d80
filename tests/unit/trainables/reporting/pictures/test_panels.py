"""Contours lie where masks end, in mm, in their colours; checked on the pixels that are drawn."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from trainables.reporting.pictures.overlay import caption, draw_case
from trainables.reporting.pictures.panels import COLOURS, draw_contours, extent_of, show_image
from trainables.reporting.pictures.sheet import choose_cases, draw_sheet
from trainables.reporting.pictures.slices import CaseSlice, frame_of
from trainables.reporting.pictures.views import View

SCORES = {"interior_error": 0.1, "boundary_error": 0.2, "hd95": 3.0, "dice/A": 0.9, "dice/B": 0.8}
PIXELS = 600


def test_the_contour_of_a_disk_is_a_ring_at_its_radius_and_nowhere_else():
    cut = make_cut(reference=disk((40, 30), 20)[None], pixel_mm=(1.0, 1.5))
    found = coloured(render(cut), COLOURS[0])
    assert len(found) > 500
    # a pixel drawn lies within a voxel of the circle, all around it
    offset = (found - np.array([40.5, 30.5 * 1.5])) / (1.0, 1.5)
    assert np.abs(np.hypot(*offset.T) - 20).max() < 1.5
    assert len(np.unique(np.degrees(np.arctan2(*offset.T)).round(-1))) == 37


def test_every_region_has_its_own_colour_and_an_empty_one_none():
    masks = np.stack([disk((40, 40), 30), disk((40, 40), 10), np.zeros((80, 80), bool)])
    image = render(make_cut(reference=masks))
    outer, inner, none = (coloured(image, colour) for colour in COLOURS[:3])
    assert len(outer) > len(inner) > 100
    assert len(none) == 0


def test_a_prediction_is_dashed_and_covers_only_part_of_its_outline():
    solid = render(make_cut(reference=disk((40, 40), 25)[None]))
    dashed = render(make_cut(prediction=disk((40, 40), 25)[None]))
    part = len(coloured(dashed, COLOURS[0])) / len(coloured(solid, COLOURS[0]))
    assert 0.2 < part < 0.9


def test_a_mask_at_the_edge_of_the_slice_has_a_closed_outline():
    whole = np.ones((1, 80, 80), dtype=bool)
    found = coloured(render(make_cut(reference=whole), margin=4), COLOURS[0])
    sides = [np.abs(found[:, axis] - end).min() for axis in (0, 1) for end in (0, 80)]
    assert max(sides) < 1.0


def test_the_image_fills_as_many_mm_as_its_voxels():
    cut = make_cut(reference=disk((40, 40), 9)[None], pixel_mm=(1.0, 3.0))
    assert extent_of(cut) == (0.0, 80.0, 0.0, 240.0)


def test_the_frame_is_a_square_around_all_masks_with_a_margin_in_mm():
    mask = np.zeros((1, 50, 100), dtype=bool)
    mask[0, 10:30, 40:90] = True  # rows from below, columns
    frame = frame_of(mask, mask, (1.0, 2.0))
    assert frame.side == 50 + 20
    assert frame.left + frame.side / 2 == 65
    assert frame.bottom + frame.side / 2 == 40
    small = np.zeros((1, 50, 100), dtype=bool)
    small[0, 20, 20] = True
    assert frame_of(small, small, (1.0, 1.0)).side == 40
    empty = np.zeros((1, 50, 100), dtype=bool)
    whole = frame_of(empty, empty, (1.0, 1.0))
    assert (whole.left, whole.bottom, whole.side) == (0.0, -25.0, 100.0)


@pytest.mark.parametrize("pixel_mm", [(1.0, 1.0), (1.0, 2.0)])
def test_the_frame_of_lesions_far_apart_holds_the_most_disagreement(pixel_mm):
    reference = np.zeros((1, 220, 220), dtype=bool)
    reference[0, 10:30, 10:30] = reference[0, 190:200, 190:200] = True
    prediction = reference.copy()
    prediction[0, 190:200, 190:200] = False  # the smaller one is missed
    for predicted, column in ((prediction, 195), (reference, 20)):
        frame = frame_of(predicted, reference, pixel_mm)
        assert frame.side == 100.0
        assert frame.left < column < frame.left + 100
        assert frame.bottom < column * pixel_mm[1] < frame.bottom + 100


@pytest.mark.parametrize("has_map", [True, False])
def test_a_case_has_a_panel_of_uncertainty_where_there_is_a_map(has_map):
    masks = np.stack([disk((40, 40), 20), disk((40, 40), 10)])
    cut = make_cut(masks, masks, uncertainty=np.zeros((80, 80), np.float32) if has_map else None)
    figure = draw_case(cut, "case", SCORES, ["A", "B"])
    titles = [axes.get_title() for axes in figure.axes]
    assert ("uncertainty" in titles) == has_map
    assert titles[:2] == ["flair, axial slice", "t1ce, 59 mm across"]
    letters = {text.get_text() for text in figure.axes[0].texts}
    assert letters == set("RLAP")
    legend = figure.legends[0]
    assert legend.get_title().get_text() == caption(SCORES, ["A", "B"])
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["A", "B", "reference", "prediction"]


@pytest.mark.parametrize("count", [1, 3, 4, 5, 9, 40])
def test_the_sheet_shows_the_worst_and_those_around_the_median_once_each(count):
    rows = {f"{n:02d}": {"dice": n / 100} for n in range(count)}
    chosen = choose_cases(rows)
    shown = [case_id for cases in chosen.values() for case_id in cases]
    assert len(shown) == len(set(shown))
    assert chosen["worst"] == sorted(rows)[:4]
    if count == 40:
        assert chosen["median"] == ["18", "19", "20", "21"]
    cut = make_cut(reference=disk((40, 40), 20)[None])
    figure = draw_sheet(dict.fromkeys(shown, cut), chosen, rows, ["A"])
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [f"{i}\nDice {rows[i]['dice']:.3f}" for i in shown]


def disk(centre, radius):
    """A disk in a slice of 80 x 80 voxels; its centre as column, row."""
    rows, columns = np.indices((80, 80))
    return (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 < radius**2


def make_cut(prediction=None, reference=None, uncertainty=None, pixel_mm=(1.0, 1.0)):
    some = prediction if reference is None else reference
    empty = np.zeros_like(some)
    prediction, reference = (empty if m is None else m for m in (prediction, reference))
    black = np.zeros(some.shape[1:], np.float32)
    frame = frame_of(prediction, reference, pixel_mm)
    names = ("flair", "t1ce")
    view = View(2, 0)
    return CaseSlice(view, black, black, names, prediction, reference, uncertainty, pixel_mm, frame)


def render(cut, margin=0.0):
    """The picture of the contours as pixels, and how many mm each is apart."""
    figure = Figure(figsize=(PIXELS / 100, PIXELS / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    show_image(axes, cut.whole, cut)
    draw_contours(axes, cut, width=2.0)
    _, width, _, height = extent_of(cut)
    axes.set_aspect("auto")
    axes.set_xlim(-margin, width + margin)
    axes.set_ylim(-margin, height + margin)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3] / 255
    step = (np.array([width, height]) + 2 * margin) / PIXELS
    return pixels, step, margin


def coloured(rendered, colour):
    """Where in mm (x, y) the picture has that colour."""
    pixels, step, margin = rendered
    near = np.abs(pixels - to_rgb(colour)).max(axis=-1) < 0.08
    return (np.argwhere(near)[:, ::-1] + 0.5) * step - margin
