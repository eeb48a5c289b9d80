"""What a user sees of a sweep in MLflow's own pages, in a real browser on real servers."""

import contextlib
import re
from operator import le

import pytest
from curved import curved_sweep
from playwright.sync_api import expect
from plotted import drawn_front
from recording import MLFLOW_WARNINGS, make_store
from serving import PASSWORD, MlflowServer, Postgres
from sweeping import ZDT1, call, write_recipe

from pareto_search.figures.reporting import write_figures
from pareto_search.fronts import colours
from pareto_search.fronts.front import front_of
from pareto_search.fronts.rows import knee_of
from pareto_search.storage.directory import SweepDirectory
from pareto_search.tracking.mirror import Mirror
from pareto_search.tracking.standing import standings
from pareto_search.tracking.ui import run_link, view_link

expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.integration, pytest.mark.browser, MLFLOW_WARNINGS]

ASHA = {"kind": "asha", "objective": "f1", "grace": 1, "reduction": 2, "max_steps": 4}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def curved(tmp_path_factory, request):
    """A sweep by hand on a server over each store: its directory and the server's address."""
    folder = tmp_path_factory.mktemp("curved")
    sweep = curved_sweep(folder)
    write_figures(sweep.directory)
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            uri = make_store(folder / "server").uri
        else:
            uri = stack.enter_context(contextlib.closing(Postgres())).uri
        server = MlflowServer(folder / "server", uri)
        stack.callback(server.kill)
        server.start()
        Mirror(sweep.directory, sweep.config, server.uri).finish()
        yield sweep.directory, server.uri


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A sweep through Ray on a server over PostgreSQL: its directory and what it printed."""
    folder, postgres = tmp_path_factory.mktemp("searched"), Postgres()
    server = MlflowServer(folder / "server", postgres.uri)
    try:
        server.start()
        recipe = write_recipe(
            folder, {**ZDT1, "trainable": "trainables.toy:zdt2"},
            params={"epochs": 4}, budget={"trials": 12}, scheduler=ASHA,
            searcher={"kind": "random"}, tracking={"uri": server.uri},
        )  # fmt: skip
        done = call(folder, "run", recipe)
        assert done.returncode == 0, done.stderr
        yield SweepDirectory(folder / "results" / "toy"), done.stdout
    finally:
        server.kill()
        postgres.close()


def rows_of(directory):
    """The losses of each complete trial; every objective here is minimised."""
    names = [objective.name for objective in directory.config().objectives]
    done = [record for record in directory.records() if record.state == "complete"]
    return {record.uid: [record.values[name] for name in names] for record in done}


def is_beaten(row, rows):
    return any(other != row and all(map(le, other, row)) for other in rows)


def expected_colours(directory):
    """By trial, from its record, with a front that is found pair by pair; knees aside."""
    rows, found = rows_of(directory), {}
    for record in directory.records():
        if record.uid not in rows:
            ends = {"stopped": colours.STOPPED, "failed": colours.FAILED}
            found[record.uid] = ends[record.state]
        elif record.proposal.baseline:
            found[record.uid] = colours.BASELINE
        else:
            beaten = is_beaten(rows[record.uid], rows.values())
            found[record.uid] = colours.DOMINATED if beaten else colours.FRONT
    return found


def assert_every_trial_is_drawn(page, directory):
    """Each trial with both objectives is one point, where it should be and in its colour."""
    names = [objective.name for objective in directory.config().objectives]
    drawable = {r.uid: r for r in directory.records() if set(names) <= r.values.keys()}
    wanted = expected_colours(directory)
    if knee := knee_of(front_of(directory.records(), directory.config().objectives)):
        wanted[knee] = colours.KNEE
    points = drawn_front(page, len(drawable))
    assert {u: p.colour for u, p in points.items()} == {u: wanted[u] for u in drawable}
    for uid, point in points.items():
        expected = [drawable[uid].values[name] for name in names]
        assert (point.x, point.y) == pytest.approx(expected, rel=1e-6)


def opened(page, name):
    """The page behind the link of that name, which opens beside this one."""
    with page.context.expect_page() as beside:
        page.get_by_role("link", name=name).click()
    return beside.value


def names_in_table(page):
    """The runs of the table from the top."""
    page.wait_for_selector("[role=gridcell]")
    return re.findall(r"\bt\d{4}\b", page.locator("body").inner_text())


def test_the_shared_view_opens_from_its_link_with_every_trial_a_coloured_point(
    curved, page, pictures
):
    directory, address = curved
    page.goto(view_link(address, directory))
    assert_every_trial_is_drawn(page, directory)
    page.wait_for_timeout(1500)  # the other charts
    page.screenshot(path=pictures / "view.png")


def test_the_trials_of_the_view_come_by_their_place_the_front_first(curved, page, pictures):
    directory, address = curved
    page.goto(view_link(address, directory).replace("CHART", "TABLE"))
    page.wait_for_selector("text=t0000")
    page.wait_for_timeout(1000)
    page.screenshot(path=pictures / "table.png")
    found = names_in_table(page)
    rows = rows_of(directory)
    front = {uid for uid, row in rows.items() if not is_beaten(row, rows.values())}
    assert len(front) > 5
    assert set(found[: len(front)]) == front
    stand = standings(directory.records(), directory.config().objectives)
    places = sorted((standing.place, uid) for uid, standing in stand.items() if standing.place)
    assert found[:20] == [uid for _, uid in places[:20]]


def test_the_parents_page_leads_to_the_front_that_shows_parameters_on_hovering(
    curved, page, pictures
):
    directory, address = curved
    page.goto(run_link(address, directory))
    to_view = page.get_by_role("link", name="Trials as coloured points")
    assert view_link(address, directory).endswith(to_view.get_attribute("href"))
    page.screenshot(path=pictures / "parent.png")
    front = opened(page, "The front by itself")
    frame = front.frame_locator("iframe")
    frame.locator(".scatterlayer path.point").last.wait_for()
    blue = frame.locator(
        ".scatterlayer .trace:has(path.point[style*='rgb(0, 114, 178)']) path.point"
    )
    blue.first.hover(force=True)
    hover = frame.locator(".hoverlayer")
    expect(hover).to_contain_text("fuzzy.width_mm =")
    expect(hover).to_contain_text("interior_error:")
    front.screenshot(path=pictures / "artifact.png")


def test_the_link_that_a_run_prints_shows_its_trials_on_postgresql(searched, page, pictures):
    directory, printed = searched
    link = re.search(r"trials as coloured points: (\S+)", printed).group(1)
    page.goto(link)
    assert_every_trial_is_drawn(page, directory)
    page.screenshot(path=pictures / "view_postgresql.png")
    assert PASSWORD not in printed
