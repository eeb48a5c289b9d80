"""The page as a browser reads it: one file, in the order of the story, all text escaped."""

import json
import re
from html.parser import HTMLParser

import pytest
from generated import HOSTILE, make_sweep
from plotly.offline import get_plotlyjs

from pareto_search.figures import style
from pareto_search.figures.album import make_album
from pareto_search.figures.material import load_material
from pareto_search.figures.report import report_page

FIGURES = ("hypervolume", "front", "parts", "learning", "importance", "slices", "parallel",
           "objectives")  # fmt: skip
VOID = {"meta", "link", "br", "img", "input"}


class Page(HTMLParser):
    """What a page holds: elements in order, text by section, scripts by id, and bad nesting."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.data, self.open, self.wrong = [], {}, {}, [], []
        self._section, self._script = "", None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.append((tag, attrs))
        self._section = attrs.get("id", "") if tag == "section" else self._section
        self._script = attrs.get("id") if tag == "script" else None
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            if self._script:
                self.data[self._script] = json.loads(data)
        else:
            self.text[self._section] = self.text.get(self._section, "") + data


@pytest.fixture(scope="module")
def parsed(page):
    return Page(page)


def test_the_story_is_told_in_order(parsed):
    sections = [attrs["id"] for tag, attrs in parsed.elements if tag == "section"]
    assert sections == ["question", "answer", "trade-off", "mattered", "failed", "trials", "again"]
    links = [attrs["href"] for tag, attrs in parsed.elements if tag == "a"][: len(sections)]
    assert links == [f"#{section}" for section in sections]


def test_every_figure_is_there_with_its_data_and_a_place_of_its_height(parsed):
    places = {attrs["id"]: attrs for tag, attrs in parsed.elements if attrs.get("class") == "plot"}
    assert tuple(places) == tuple(f"plot-{name}" for name in FIGURES)
    for name in FIGURES:
        figure = parsed.data[f"data-plot-{name}"]
        assert figure["data"]
        height = figure["layout"]["height"]
        assert places[f"plot-{name}"]["style"].startswith(f"height:{height}px;")


def test_elements_are_closed_in_the_order_they_were_opened(parsed):
    assert parsed.wrong == []
    assert parsed.open == []


def test_nothing_is_loaded_and_a_browser_is_told_to_refuse_it(page, parsed):
    for tag, attrs in parsed.elements:
        assert "src" not in attrs, tag
        if tag == "link":
            assert attrs["href"] == "data:,"
    policy = next(a["content"] for _, a in parsed.elements if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    own = page.replace(get_plotlyjs(), "")
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", own)


def test_plotly_is_inside_once(page):
    assert page.count(get_plotlyjs()) == 1


def test_words_of_a_recipe_and_of_an_error_are_text_and_never_markup(page, parsed):
    assert HOSTILE not in page
    assert HOSTILE in parsed.text["question"]  # a choice
    assert HOSTILE in parsed.text["failed"]  # an error
    assert sum(tag == "script" for tag, _ in parsed.elements) == len(FIGURES) + 3


def test_no_password_is_in_it(page):
    assert "hunter2" not in page
    assert "me:***@server" in page


def test_every_trial_is_in_the_table_with_a_link_to_its_run(parsed, material):
    for record in material.records:
        assert record.uid in parsed.text["trials"]
    links = [a["href"] for tag, a in parsed.elements if tag == "a" and "runs" in a["href"]]
    wanted = {f"http://127.0.0.1:5000/#/experiments/7/runs/{run}" for run in material.runs.values()}
    assert set(links) == wanted


def test_colours_and_letters_are_those_of_the_figures(page):
    for colour in (style.FRONT, style.BASELINE, style.KNEE, style.STOPPED):
        assert f"{colour};" in page
    assert f"--font: {style.FONT}" in page


def test_a_long_sweep_stays_below_eight_megabytes(tmp_path):
    """1 000 trials, each with 50 reports."""
    material = load_material(make_sweep(tmp_path, trials=1000, steps=50))
    page = report_page(material, make_album(material))
    assert len(material.finished) == 1000
    assert len(page) < 8 * 1024**2
    assert b"t0999" in page


def test_a_sweep_without_any_trial_has_a_report_that_says_so(tmp_path):
    material = load_material(make_sweep(tmp_path, trials=0))
    parsed = Page(report_page(material, make_album(material)).decode())
    assert "there is no answer" in parsed.text[""]
    assert not any(attrs.get("class") == "plot" for _, attrs in parsed.elements)
    assert "No trial is complete yet." in parsed.text["trade-off"]
    assert (parsed.wrong, parsed.open) == ([], [])
