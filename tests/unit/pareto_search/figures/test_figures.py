import csv
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from pareto_search.errors import RecipeError
from pareto_search.figures import save_front, style
from pareto_search.figures.front_view import front_view
from pareto_search.figures.history_view import history_view
from pareto_search.figures.interactive import plot_front, plot_history
from pareto_search.figures.reporting import write_figures
from pareto_search.figures.static import draw_front, draw_history, image_bytes
from pareto_search.fronts.front import front_of
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.objective import Objective, reference_losses
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, TrialRecord

ERRORS = (Objective(name="interior_error", reference=1.0),
          Objective(name="boundary_error", reference=1.0))  # fmt: skip
DICE = Objective(name="dice", direction="maximize", reference=0.0)
THREE = (*ERRORS, DICE)
NEAR = (ERRORS[0].model_copy(update={"reference": 0.4}),
        ERRORS[1].model_copy(update={"reference": 0.62}))  # fmt: skip


def trial(index, values, baseline=False, state=TrialState.COMPLETE, objectives=ERRORS):
    named = {o.name: v for o, v in zip(objectives, values, strict=True)}
    return TrialRecord(Proposal(index, {"kind": f"<k{index}>"}, baseline), state, named)


def a_sweep(count=30, seed=0):
    """A baseline, then trials above a bent front, one of them far off and one failed."""
    random = np.random.default_rng(seed)
    along, above = random.random(count), random.exponential(0.05, count)
    points = np.column_stack([0.1 + 0.2 * along**2 + above, 0.3 + 0.2 * (1 - along) ** 2 + above])
    records = [trial(i + 1, point) for i, point in enumerate(points.tolist())]
    failed = trial(count + 2, (), state=TrialState.FAILED, objectives=())
    baseline = trial(0, (0.25, 0.45), baseline=True)
    return [baseline, *records, trial(count + 1, (0.99, 0.98)), failed]


RECORDS = a_sweep()


@pytest.fixture
def sweep(tmp_path):
    return make_sweep(tmp_path)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A sweep whose figures were written, and the files that were listed."""
    sweep = make_sweep(tmp_path_factory.mktemp("drawn"))
    return sweep, write_figures(sweep)


def make_sweep(folder):
    directory = SweepDirectory(folder / "probe")
    directory.path.mkdir()
    config = SweepConfig.model_validate(
        {
            "name": "probe",
            "trainable": "nowhere:train",
            "objectives": [objective.model_dump() for objective in ERRORS],
            "space": {"x": {"type": "float", "low": 0, "high": 1}},
            "budget": {"trials": 40},
        }
    )
    directory.write_json("sweep.json", config.model_dump(mode="json", by_alias=True))
    directory.write_json("mlflow.json", {"runs": {"t0000": "0123456789abcdef"}})
    for record in RECORDS:
        directory.journal.append(record)
    return directory


def inside(view, mark):
    x, y = view.axes
    return x.low <= mark.x <= x.high and y.low <= mark.y <= y.high


def test_the_view_holds_every_complete_trial_in_one_role_and_no_other():
    view = front_view(RECORDS, ERRORS)

    uids = [mark.uid for mark in (*view.front, *view.dominated, *view.baselines)]
    assert sorted(uids) == [record.uid for record in RECORDS[:-1]]
    members = front_of(RECORDS, ERRORS).members
    assert [mark.uid for mark in view.front] == [member.uid for member in members]


def test_front_and_baselines_are_in_view_and_one_bad_trial_does_not_squeeze_them():
    view = front_view(RECORDS, ERRORS)

    assert all(inside(view, mark) for mark in (*view.front, *view.baselines))
    assert view.axes[0].high < 0.6
    assert "reference point (1, 1) lies outside" in view.note
    assert "dominated trial" in view.note
    assert view.reference is None


def test_a_reference_point_that_is_near_is_in_view():
    view = front_view(RECORDS[:-2], NEAR)

    assert view.reference == (0.4, 0.62)
    assert view.axes[0].low < 0.4 < view.axes[0].high


def test_the_shaded_area_up_to_a_reference_in_view_is_the_hypervolume():
    view = front_view(RECORDS[:-2], NEAR)

    x, y = view.shade.T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    losses = front_of(RECORDS[:-2], NEAR).losses
    assert area == pytest.approx(hypervolume(losses, reference_losses(NEAR)))


def test_the_stairs_rise_nowhere_and_touch_every_member():
    view = front_view(RECORDS, ERRORS)

    assert (np.diff(view.stairs[:, 0]) >= 0).all()
    assert (np.diff(view.stairs[:, 1]) <= 0).all()
    corners = {tuple(corner) for corner in view.stairs.tolist()}
    assert {(mark.x, mark.y) for mark in view.front} <= corners


def test_a_maximised_objective_is_drawn_in_its_own_direction():
    pair = (ERRORS[0], DICE)
    records = [trial(i, v, objectives=pair) for i, v in enumerate([(0.1, 0.5), (0.2, 0.9)])]

    view = front_view(records, pair)

    assert [(mark.x, mark.y) for mark in view.front] == [(0.1, 0.5), (0.2, 0.9)]
    assert (np.diff(view.stairs[:, 1]) >= 0).all()
    assert view.axes[1].label == "dice   (better →)"
    assert view.axes[0].label == "interior_error   (← better)"
    assert view.axes[1].low < 0.5 < 0.9 < view.axes[1].high


def test_with_three_objectives_the_front_is_that_of_all_and_no_staircase_is_drawn():
    values = [(0.1, 0.1, 0.5), (0.2, 0.2, 0.9)]
    records = [trial(i, v, objectives=THREE) for i, v in enumerate(values)]

    view = front_view(records, THREE)

    assert len(view.front) == 2
    assert len(view.stairs) == 0
    assert "the first two of 3 objectives" in view.note
    assert image_bytes(draw_front(view), "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("records", [[], RECORDS[:1], RECORDS[-1:], [RECORDS[1]] * 2])
def test_sweeps_with_hardly_any_trial_can_be_drawn(records):
    for figure in (
        draw_front(front_view(records, ERRORS)),
        draw_history(history_view(records, ERRORS)),
    ):
        assert image_bytes(figure, "png").startswith(b"\x89PNG")
    assert plot_front(front_view(records, ERRORS)).layout.xaxis.range[0] < 1
    assert plot_history(history_view(records, ERRORS)).layout.yaxis.range[0] >= 0


def test_the_history_counts_every_finished_trial_and_states_its_reference():
    view = history_view(RECORDS, ERRORS, "probe")

    assert len(view.values) == len(RECORDS)
    assert view.values[-1] == view.values[-2]  # a failed trial adds nothing
    losses = front_of(RECORDS, ERRORS).losses
    assert view.values[-1] == pytest.approx(hypervolume(losses, [1.0, 1.0]))
    assert view.baseline == pytest.approx(0.75 * 0.55)
    assert view.note == "reference point: interior_error 1, boundary_error 1"


def test_a_stopped_trial_adds_nothing_to_the_history():
    stopped = trial(9, (0.0, 0.0), state=TrialState.STOPPED)

    view = history_view([RECORDS[0], stopped], ERRORS)

    assert view.values[1] == view.values[0]


def test_a_sweep_without_baselines_has_no_baseline_in_its_figures():
    records = [record for record in RECORDS if not record.proposal.baseline]

    assert history_view(records, ERRORS).baseline is None
    assert "baseline" not in front_view(records, ERRORS).title


def test_pictures_decode_at_the_stated_size_and_are_not_blank(drawn):
    sweep, _ = drawn

    for name in ("front.png", "hypervolume.png"):
        with Image.open(sweep.figures / name) as image:
            assert image.size == (style.WIDTH_PX, style.HEIGHT_PX)
            colours = image.convert("RGB").getcolors(maxcolors=2**24)
        assert tuple(bytes.fromhex(style.FRONT[1:])) in {colour for _, colour in colours}


def test_pages_hold_their_data_and_load_nothing(drawn):
    sweep, _ = drawn

    for name, words in {
        "front.html": ("t0000 (baseline)", "MLflow run 01234567", "interior_error"),
        "hypervolume.html": ("finished trials", "reference point"),
    }.items():
        page = (sweep.figures / name).read_text(encoding="utf-8")
        assert len(page) > 1_000_000  # the whole of plotly is inside
        assert not re.search(r"<(script|link|img|iframe)\b[^>]*\b(src|href)\s*=", page)
        for word in words:
            assert word in page


def test_text_of_a_trial_cannot_become_markup_of_a_page():
    hover = plot_front(front_view(RECORDS, ERRORS)).data[-1].customdata[0]

    assert "&lt;k" in hover
    assert "<k" not in hover


def test_the_tables_beside_the_figures_equal_the_records(drawn):
    sweep, _ = drawn

    by_name = {record.uid: record for record in RECORDS}
    rows = json.loads((sweep.figures / "front.json").read_text())
    members = {member.uid for member in front_of(RECORDS, ERRORS).members}
    assert {row["trial"] for row in rows} == members | {"t0000"}
    assert all(row["objectives"] == by_name[row["trial"]].values for row in rows)
    lines = list(csv.DictReader(io.StringIO((sweep.figures / "front.csv").read_text())))
    assert [line["trial"] for line in lines] == [row["trial"] for row in rows]


def test_figures_are_listed_and_no_half_written_file_stays(drawn):
    sweep, written = drawn

    names = ["front.csv", "front.html", "front.json", "front.png",
             "hypervolume.html", "hypervolume.png", "report.html"]  # fmt: skip
    assert sorted(path.name for path in written) == names
    assert sorted(path.name for path in sweep.figures.iterdir()) == names


def test_the_history_is_in_the_order_in_which_trials_ended(sweep):
    (sweep.path / "journal.jsonl").unlink()
    for record in (RECORDS[3], RECORDS[0], RECORDS[3]):
        sweep.journal.append(record)

    write_figures(sweep)

    page = (sweep.figures / "hypervolume.html").read_text(encoding="utf-8")
    assert '"customdata":["t0003","t0000"]' in page


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("b.SVG", b"<?xml"), ("new/c.html", b"<")]
)
def test_the_suffix_decides_how_the_front_is_saved(sweep, tmp_path, name, start):
    path = save_front(sweep, tmp_path / name)

    assert path.read_bytes().startswith(start)


def test_another_suffix_is_refused(sweep, tmp_path):
    with pytest.raises(RecipeError, match=r"should end in .png, .svg or .html. Found `front.pdf`"):
        save_front(sweep, tmp_path / "front.pdf")
