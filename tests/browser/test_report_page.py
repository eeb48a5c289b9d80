"""The report of a sweep in a real browser: from a file, with no network."""

import re

import pytest
from generated import make_sweep

from pareto_search.figures.reporting import save_report

pytestmark = [pytest.mark.integration, pytest.mark.browser]

FIGURES = ("hypervolume", "front", "parts", "learning", "importance", "slices", "parallel",
           "objectives")  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The sweep and its report."""
    directory = make_sweep(tmp_path_factory.mktemp("report"))
    return directory, save_report(directory)[0]


@pytest.fixture
def heard(page):
    """All that the page asks for or complains of; it has no network."""
    found = {"asked": [], "said": []}
    page.context.set_offline(True)
    page.context.on("request", lambda request: found["asked"].append(request.url))
    page.on("pageerror", lambda error: found["said"].append(str(error)))
    page.on(
        "console",
        lambda message: message.type in {"error", "warning"} and found["said"].append(message.text),
    )
    return found


def test_it_opens_from_its_file_without_network_or_complaint(report, heard, page, pictures):
    _, path = report
    page.goto(path.as_uri())
    for name in FIGURES:
        plot = page.locator(f"#plot-{name}")
        plot.scroll_into_view_if_needed()
        plot.locator("svg.main-svg").first.wait_for()
    page.screenshot(path=pictures / "report.png", full_page=True)
    assert [url for url in heard["asked"] if not url.startswith(("file:", "data:", "blob:"))] == []
    assert heard["said"] == []


def test_a_point_of_its_front_shows_parameters_and_leads_to_the_run(report, page, heard):
    directory, path = report
    page.goto(path.as_uri())
    page.locator("#plot-front").scroll_into_view_if_needed()  # only then is it drawn
    point = page.locator("#plot-front .scatterlayer path.point").first
    point.scroll_into_view_if_needed()
    point.hover(force=True)
    hover = page.locator("#plot-front .hoverlayer")
    hover.get_by_text("width_mm =").first.wait_for()
    trial = re.search(r"t\d{4}", hover.text_content())[0]
    page.evaluate("window.open = (...given) => { window.opened = given; }")
    point.click(force=True)
    run = directory.read_json("mlflow.json")["runs"][trial]
    link = f"http://127.0.0.1:5000/#/experiments/7/runs/{run}"
    assert page.evaluate("window.opened") == [link, "_blank", "noopener"]
    assert heard["said"] == []
