"""Renders a report: content, figures and the whole of plotly in one file, all text escaped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from plotly.io import templates
from plotly.offline import get_plotlyjs
from plotly.utils import PlotlyJSONEncoder

from pareto_search.figures import style
from pareto_search.figures.album import Album, View, is_empty, plot
from pareto_search.figures.material import Material
from pareto_search.figures.parallel import ParallelView
from pareto_search.figures.report.answer import answer_of
from pareto_search.figures.report.captions import CAPTIONS
from pareto_search.figures.report.failures import failures_of
from pareto_search.figures.report.question import question_of
from pareto_search.figures.report.reproduction import reproduction_of
from pareto_search.figures.report.runs import trials_of
from pareto_search.figures.sheets.sheet import Sheet

_FRONT_PX = 560
_TOP_PX = 60
_PANEL_PX = 250
_AXIS_PX = 90
_FONT_PX = 13


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of the page: `data` is plotly's JSON, empty where `note` says why there is none.

    It is `height` px high and at least `width` px wide; a narrower window scrolls.
    """

    name: str
    title: str
    note: str
    caption: str = ""
    height: int = 0
    width: int = 0
    data: str = ""


def report_page(material: Material, album: Album) -> bytes:
    """The report of a sweep as the content of one HTML file.

    It loads nothing, and its policy forbids a browser to; whatever a recipe or an error says is
    text in it, never markup.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(_resource("page.html.j2")).render(
        name=material.name,
        question=question_of(material),
        answer=answer_of(material),
        failures=failures_of(material),
        trials=trials_of(material),
        reproduction=reproduction_of(material),
        plots={key: _plot(key, view, material.name) for key, view in album.views.items()},
        style=_style(),
        template=_json(templates["plotly_white"].to_plotly_json()),
        script=_resource("page.js"),
        plotly=get_plotlyjs(),
    )
    return page.encode()


def _plot(name: str, view: View, sweep: str) -> Plot:
    title = view.title.removeprefix(f"{sweep}: ")
    title = title[:1].upper() + title[1:]
    if is_empty(view):
        return Plot(name, title, view.note or "No trial is complete yet.")
    figure = plot(view)
    layout = figure["layout"]
    height = layout.setdefault("height", _FRONT_PX)
    layout["margin"] = layout.get("margin", {}) | {"t": _TOP_PX}
    layout["font"] |= {"size": _FONT_PX}
    for known in ("title", "template"):  # the page has them
        layout.pop(known, None)
    caption = CAPTIONS[name]
    return Plot(name, title, view.note, caption, height, _least_width(view), _json(figure))


def _least_width(view: View) -> int:
    if isinstance(view, Sheet):
        return view.columns * _PANEL_PX
    return len(view.axes) * _AXIS_PX if isinstance(view, ParallelView) else 0


def _json(content: Mapping[str, Any]) -> str:
    """`content` for a script element, which nothing in it can end."""
    text = json.dumps(content, cls=PlotlyJSONEncoder, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _style() -> str:
    """The one stylesheet, with the colours of all figures as its variables."""
    colours: Mapping[str, str] = {
        "front": style.FRONT, "dominated": style.DOMINATED, "constrained": style.CONSTRAINED,
        "stopped": style.STOPPED, "baseline": style.BASELINE, "knee": style.KNEE,
        "failed": style.REFERENCE, "grid": style.GRID, "text": style.TEXT, "faint": style.FAINT,
    }  # fmt: skip
    variables = "".join(f"--{name}: {colour}; " for name, colour in colours.items())
    return f":root {{ {variables}--font: {style.FONT}; }}\n" + _resource("page.css")


def _resource(name: str) -> str:
    return (files("pareto_search.figures.report") / name).read_text(encoding="utf-8")
