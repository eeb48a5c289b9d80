"""Draws parallel coordinates with plotly: as plain lines, which need no graphics card."""

from html import escape
from typing import Any

import plotly.graph_objects as go

from pareto_search.figures import style
from pareto_search.figures.parallel.view import ABSENT, Coordinate, Line, ParallelView, broken
from pareto_search.figures.sheets.interactive import frame
from pareto_search.figures.sheets.roles import LOOKS, Role

_HEIGHT_PX = 560
_DRAWN: dict[Role, tuple[float, float]] = {
    "constrained": (1.0, 0.45), "dominated": (1.0, 0.45), "front": (2.2, 0.9), "baseline": (3, 1),
}  # fmt: skip
"""Width and opacity of a line."""


def plot_parallel(view: ParallelView) -> go.Figure:
    """The view; hovering over a line says whose it is, and what it is like where it matters."""
    return go.Figure(parallel_data(view))


def parallel_data(view: ParallelView) -> dict[str, Any]:
    """The same as plain data: traces and layout as plotly's JSON has them.

    The last trace is empty: a page may put the line that is hovered over into it. The layout's
    meta says how many points a line has; there is one more between two lines.
    """
    count = len(view.axes)
    roles = dict.fromkeys(line.role for line in view.lines)
    traces = [_lines([one for one in view.lines if one.role == role], count) for role in roles]
    hovered = {"type": "scatter", "x": [], "y": [], "mode": "lines", "hoverinfo": "skip",
               "showlegend": False, "line": {"color": style.TEXT, "width": 3}}  # fmt: skip
    layout = frame(view.title, view.note, _HEIGHT_PX) | {
        "margin": {"l": 20, "r": 20, "t": 90, "b": 60},
        "meta": {"points": count},
        "xaxis": {"visible": False, "range": [-0.3, count - 0.4]},
        "yaxis": {"visible": False, "range": [ABSENT - 0.05, 1.16]},
        "shapes": [_axis(place) for place in range(count)],
        "annotations": [one for at, axis in enumerate(view.axes) for one in _words(at, axis)],
    }
    return {"data": [*traces, hovered], "layout": layout}


def _lines(lines: list[Line], num_axes: int) -> dict[str, Any]:
    """All lines of one role as one trace, with a gap after each."""
    look, (width, opacity) = LOOKS[lines[0].role], _DRAWN[lines[0].role]
    is_told = lines[0].role in ("front", "baseline")
    names = [line.text if is_told else line.uid for line in lines]
    return {
        "type": "scatter", "mode": "lines", "name": look.label, "opacity": opacity,
        "x": [*range(num_axes), None] * len(lines),
        "y": [at for line in lines for at in (*(round(p, 5) for p in line.places), None)],
        "customdata": [escape(n).replace("\n", "<br>") for n in names for _ in range(num_axes + 1)],
        "hovertemplate": "%{customdata}<extra></extra>", "connectgaps": False,
        "line": {"color": look.colour, "width": width},
    }  # fmt: skip


def _axis(place: int) -> dict[str, Any]:
    return {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1,
            "line": {"color": style.TEXT, "width": 1}}  # fmt: skip


def _words(place: int, coordinate: Coordinate) -> list[dict[str, Any]]:
    ticks = [*coordinate.ticks, *([(ABSENT, "absent")] if coordinate.is_conditional else [])]
    label = {"x": place, "y": 1.04, "text": "<br>".join(map(escape, broken(coordinate.label))),
             "yanchor": "bottom", "showarrow": False}  # fmt: skip
    words = [
        {"x": place, "y": at, "text": escape(word), "xanchor": "left", "xshift": 3,
         "showarrow": False, "font": {"size": 11}, "bgcolor": "rgba(255,255,255,0.7)"}
        for at, word in ticks
    ]  # fmt: skip
    return [label, *words]
