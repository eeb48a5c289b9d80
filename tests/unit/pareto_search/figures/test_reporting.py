"""The report and its pictures as files, by the functions and by the command line."""

import pytest
from generated import make_sweep
from typer.testing import CliRunner

from pareto_search.cli import app
from pareto_search.errors import RecipeError
from pareto_search.figures import reporting
from pareto_search.figures.album import Album, make_album
from pareto_search.figures.material import load_material
from pareto_search.figures.reporting import save_report, write_figures


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return make_sweep(tmp_path_factory.mktemp("reporting"), trials=20)


def test_a_sweep_ends_with_its_report_first(sweep):
    written = write_figures(sweep)
    assert written[0] == sweep.report
    assert sweep.report.read_bytes().startswith(b"<!doctype html>")


def test_every_figure_comes_as_png_and_as_svg(sweep, tmp_path, monkeypatch):
    made = make_album(load_material(sweep))
    some = Album({"hypervolume": made.views["hypervolume"]}, {})
    monkeypatch.setattr(reporting, "make_album", lambda _: some)  # all of them take seconds
    monkeypatch.setattr(reporting, "report_page", lambda *_: b"page")
    report, *pictures = save_report(sweep, tmp_path / "r.html", tmp_path / "all")
    assert report == tmp_path / "r.html"
    assert [picture.name for picture in pictures] == ["hypervolume.png", "hypervolume.svg"]
    for picture in pictures:
        start = b"\x89PNG" if picture.suffix == ".png" else b"<?xml"
        assert picture.read_bytes().startswith(start)
    assert not list(tmp_path.rglob("*.partial"))


def test_the_command_prints_where_the_report_is(sweep, tmp_path):
    out = tmp_path / "new" / "story.html"
    command = ["report", sweep.name, "--storage", str(sweep.storage), "--out", str(out)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip().endswith("story.html")
    assert out.read_text().count("<h2>") == 7


def test_another_suffix_is_refused(sweep, tmp_path):
    with pytest.raises(RecipeError, match=r"--out.*should end in .html. Found `story.pdf`"):
        save_report(sweep, tmp_path / "story.pdf")
