import io
import re
from dataclasses import replace

import numpy as np
import pytest
from comparing import PAIR, a_contestant, bent_front
from PIL import Image

from pareto_search.comparison.comparing import compare
from pareto_search.errors import RecipeError
from pareto_search.figures import style
from pareto_search.figures.comparison_interactive import plot_comparison
from pareto_search.figures.comparison_saving import save_comparison
from pareto_search.figures.comparison_static import draw_comparison
from pareto_search.figures.comparison_view import comparison_view
from pareto_search.figures.contestants import look_of
from pareto_search.figures.static import image_bytes
from pareto_search.objective import Objective


def several(runs=4, labels="ab", objectives=PAIR):
    generator = np.random.default_rng(0)
    return compare(
        [
            a_contestant(
                label,
                *(bent_front(generator, shift=0.03 * place) for _ in range(runs)),
                objectives=objectives,
            )
            for place, label in enumerate(labels)
        ]
    )


COMPARISON = several()
SINGLE = compare(
    [a_contestant("a", [(0.2, 0.6), (0.6, 0.2)]), a_contestant("b", [(0.4, 0.4), (0.9, 0.9)])]
)


def attained(stairs, point):
    """Whether a staircase (values, both minimised) lies nowhere above `point`."""
    below = stairs[stairs[:, 0] <= point[0]]
    return len(below) > 0 and below[:, 1].min() <= point[1]


def test_every_member_of_every_front_is_a_point_with_its_sweep_and_trial():
    view = comparison_view(COMPARISON)
    for side, one in zip(view.sides, COMPARISON.standings, strict=True):
        assert len(side.points) == len(side.lines) == sum(len(front) for front in one.fronts)
        named = zip(one.sweeps, one.uids, strict=True)
        wanted = [f"{uid} of {sweep}" for sweep, uids in named for uid in uids]
        assert [line.split(": ", 1)[1].split("\n")[0] for line in side.lines] == wanted


def test_half_of_the_runs_attain_the_stairs_and_the_band_lies_around_them():
    view = comparison_view(COMPARISON)
    generator = np.random.default_rng(1)
    for side, one in zip(view.sides, COMPARISON.standings, strict=True):
        half = len(side.band) // 2
        for point in generator.uniform(0.1, 0.9, (200, 2)):
            count = sum(bool((front <= point).all(axis=1).any()) for front in one.fronts)
            assert attained(side.stairs, point) == (count >= 2)
            if attained(side.stairs, point):
                assert count >= 1
        assert len(side.band) > half > 0


def test_one_run_has_its_own_front_for_stairs_and_no_band():
    view = comparison_view(SINGLE)
    assert [len(side.band) for side in view.sides] == [0, 0]
    corners = {tuple(corner) for corner in view.sides[0].stairs.tolist()}
    assert {(0.2, 0.6), (0.6, 0.2)} <= corners
    assert not view.has_difference


def test_the_levels_are_the_attainment_difference_of_the_pair():
    view = comparison_view(COMPARISON)
    assert view.has_difference
    found = COMPARISON.pairs[0].difference
    area = sum(
        float(np.prod(level.boxes[:, 2:] - level.boxes[:, :2], axis=1).sum()) * level.share
        for level in view.levels
    )
    assert area == pytest.approx(float((np.abs(found.share) * found.areas).sum()))
    assert {level.label for level in view.levels} <= {"a", "b"}
    for level in view.levels:
        assert level.look == look_of("ab".index(level.label))


def test_three_contestants_are_drawn_without_a_difference_and_all_look_different():
    view = comparison_view(several(labels="abc"))
    assert not view.has_difference
    assert len({side.look.colour for side in view.sides}) == 3
    assert len({look_of(place) for place in range(42)}) == 42


def test_maximised_objectives_are_drawn_in_their_own_direction():
    pair = (Objective(name="dice", direction="maximize", reference=0.0), PAIR[1])
    fronts = [[(0.9, 0.5), (0.6, 0.3)], [(0.8, 0.4), (0.1, 0.9)]]
    found = compare(
        [
            a_contestant(n, f, [f[0], (0.1, 0.9)], objectives=pair)
            for n, f in zip("ab", fronts, strict=True)
        ]
    )
    view = comparison_view(found)
    assert view.axes[0].label == "dice   (better →)"
    assert sorted(map(tuple, view.sides[0].points.tolist())) == [(0.6, 0.3), (0.9, 0.5), (0.9, 0.5)]
    for level in view.levels:
        assert (level.boxes[:, :2] < level.boxes[:, 2:]).all()
        assert (level.boxes[:, [0, 2]] >= 0).all()
    legend = plot_comparison(view).layout.legend
    assert (legend.xanchor, legend.yanchor) == ("left", "top")  # the worse corner, where room is


def test_the_sentence_is_written_into_the_figure():
    note = comparison_view(SINGLE).note.replace("\n", " ")
    assert "With one sweep of a and of b, nothing tells whether that is luck." in note


def test_with_other_budgets_the_picture_shows_the_trials_that_are_compared_and_says_so():
    first, later = [(0.2, 0.6), (0.6, 0.2)], (0.3, 0.3)
    found = compare([a_contestant("a", [*first, later], first), a_contestant("b", first, first)])
    view = comparison_view(found)
    assert sorted(map(tuple, view.sides[0].points.tolist())) == sorted(first * 2)
    assert view.has_difference
    assert view.levels == ()
    assert "of each sweep only the first 2 count, in the picture too" in view.note


def test_of_one_contestant_with_other_budgets_the_picture_says_which_trials_it_shows():
    first = [(0.2, 0.6), (0.6, 0.2)]
    view = comparison_view(compare([a_contestant("a", first, [*first, (0.3, 0.3)])]))
    assert "only the first 2 count" in view.note
    assert "nothing is compared" not in view.note


def test_with_three_objectives_points_are_drawn_and_nothing_is_claimed_between_them():
    three = (*PAIR, Objective(name="f3", reference=1.0))
    found = compare(
        [a_contestant(n, [(0.2, 0.3, 0.4)], [(0.3, 0.2, 0.4)], objectives=three) for n in "ab"]
    )
    view = comparison_view(found)
    assert all(len(side.stairs) == len(side.band) == 0 for side in view.sides)
    assert "first two of 3 objectives" in view.note
    assert image_bytes(draw_comparison(view), "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("comparison", [COMPARISON, SINGLE])
def test_pictures_have_every_colour_and_decode(comparison):
    view = comparison_view(comparison)
    with Image.open(io.BytesIO(image_bytes(draw_comparison(view), "png"))) as image:
        assert image.size == (style.WIDTH_PX + 700 * view.has_difference, style.HEIGHT_PX)
        colours = {colour for _, colour in image.convert("RGB").getcolors(maxcolors=2**24)}
    for side in view.sides:
        assert tuple(bytes.fromhex(side.look.colour[1:])) in colours


def test_a_page_names_contestants_once_each_and_escapes_them():
    standings = [replace(COMPARISON.standings[0], label="<a>"), COMPARISON.standings[1]]
    pairs = (replace(COMPARISON.pairs[0], first="<a>"),)
    found = replace(COMPARISON, standings=tuple(standings), pairs=pairs)
    figure = plot_comparison(comparison_view(found))
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert [name for name in named if "sweeps)" in name] == ["&lt;a&gt; (4 sweeps)", "b (4 sweeps)"]
    assert len([name for name in named if "by up to" in name]) == 2


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("b.SVG", b"<?xml"), ("new/c.html", b"<")]
)
def test_the_suffix_decides_how_it_is_saved(tmp_path, name, start):
    path = save_comparison(SINGLE, tmp_path / name)
    content = path.read_bytes()
    assert content.startswith(start)
    if path.suffix == ".html":
        assert not re.search(r"<(script|link|img)\b[^>]*\b(src|href)\s*=", content.decode())
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_another_suffix_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(RecipeError, match=r"should end in .png, .svg or .html. Found `a.pdf`"):
        save_comparison(SINGLE, tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []
