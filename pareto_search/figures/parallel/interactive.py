"""Draws parallel coordinates with plotly."""

from html import escape
from typing import Any

import plotly.graph_objects as go

from pareto_search.figures import style
from pareto_search.figures.parallel.view import ABSENT, ParallelView
from pareto_search.figures.sheets.roles import LOOKS, Role

_HEIGHT_PX = 520


def plot_parallel(view: ParallelView) -> go.Figure:
    """The view; drag along an axis to keep the lines through it, drag its name to move it."""
    figure = go.Figure()
    roles: list[Role] = list(dict.fromkeys(line.role for line in view.lines))
    figure.add_trace(
        go.Parcoords(
            dimensions=[_dimension(view, place) for place in range(len(view.axes))],
            line=_colours(view, roles),
            labelfont={"size": 12}, tickfont={"size": 11},
            unselected={"line": {"opacity": 0.05}},
        )
    )  # fmt: skip
    for role in roles:  # parallel coordinates have no legend of their own
        figure.add_scatter(x=[None], y=[None], mode="lines", name=LOOKS[role].label,
                           line={"color": LOOKS[role].colour, "width": 3})  # fmt: skip
    figure.update_layout(
        template="plotly_white", height=_HEIGHT_PX, title={"text": escape(view.title), "x": 0.02},
        font={"family": style.FONT, "size": 13, "color": style.TEXT},
        margin={"l": 80, "r": 60, "t": 130, "b": 60}, xaxis={"visible": False},
        yaxis={"visible": False}, showlegend=True,
        legend={"orientation": "h", "yref": "container", "y": 0.0, "yanchor": "bottom", "x": 0.0},
    )  # fmt: skip
    return figure


def _dimension(view: ParallelView, place: int) -> dict[str, Any]:
    coordinate = view.axes[place]
    is_conditional = coordinate.is_conditional
    ticks = [*coordinate.ticks, *([(ABSENT, "absent")] if is_conditional else [])]
    return {
        "label": escape(coordinate.label),
        "range": [ABSENT if is_conditional else 0.0, 1.0],
        "values": [round(line.places[place], 5) for line in view.lines],
        "tickvals": [round(at, 5) for at, _ in ticks],
        "ticktext": [escape(word) for _, word in ticks],
    }


def _colours(view: ParallelView, roles: list[Role]) -> dict[str, Any]:
    """The role of each line as a number, and the colour of each number."""
    last = max(len(roles) - 1, 1)
    scale = [[at / last, LOOKS[role].colour] for at, role in enumerate(roles)]
    return {
        "color": [roles.index(line.role) for line in view.lines],
        "colorscale": scale if len(scale) > 1 else [[0, scale[0][1]], [1, scale[0][1]]],
        "cmin": 0, "cmax": last, "showscale": False,
    }  # fmt: skip
