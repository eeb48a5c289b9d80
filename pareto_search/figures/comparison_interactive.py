"""Draws the view of a comparison with plotly; hovering over a point names its sweep and trial."""

from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pareto_search.figures import style
from pareto_search.figures.comparison_view import ComparisonView, Level, Side
from pareto_search.fronts.front import Losses


def plot_comparison(view: ComparisonView) -> go.Figure:
    """All fronts on one page, and beside them where who attains more often."""
    columns = 1 + view.has_difference
    titles = ["", "attained more often by"] if view.has_difference else None
    figure = make_subplots(
        rows=1, cols=columns, column_widths=[0.62, 0.38][:columns], subplot_titles=titles,
        horizontal_spacing=0.09,
    )  # fmt: skip
    for side in view.sides:
        _add_side(figure, side)
    if view.reference:
        figure.add_scatter(
            x=[view.reference[0]], y=[view.reference[1]], mode="markers", name="reference",
            marker={"color": style.REFERENCE, "size": 12, "symbol": "x-thin-open"}, row=1, col=1,
        )  # fmt: skip
    named: set[str] = set()
    for level in sorted(view.levels, key=lambda level: -level.share):
        _add_level(figure, level, is_named=level.label not in named)
        named.add(level.label)
    _lay_out(figure, view)
    return figure


def _add_side(figure: go.Figure, side: Side) -> None:
    colour, group = side.look.colour, side.label
    quiet: dict[str, Any] = {"hoverinfo": "skip", "showlegend": False, "legendgroup": group}
    if len(side.band):
        x, y = side.band.T.tolist()
        figure.add_scatter(x=x, y=y, fill="toself", fillcolor=_clear(colour, 0.15), mode="none",
                           row=1, col=1, **quiet)  # fmt: skip
    if len(side.stairs):
        x, y = side.stairs.T.tolist()
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": colour, "width": 2.5},
                           row=1, col=1, **quiet)  # fmt: skip
    x, y = side.points.T.tolist()
    texts = [escape(lines).replace("\n", "<br>") for lines in side.lines]
    size, opacity = (6, 0.6) if len(side.band) else (11, 1.0)
    figure.add_scatter(
        x=x, y=y, mode="markers", name=escape(side.label), legendgroup=group, customdata=texts,
        marker={"color": colour, "symbol": side.look.symbol, "size": size}, opacity=opacity,
        hovertemplate="%{customdata}<extra></extra>", row=1, col=1,
    )  # fmt: skip


def _add_level(figure: go.Figure, level: Level, is_named: bool) -> None:
    label = f"{level.label} by {level.share:.0%}"
    x, y = _outlines(level.boxes)
    colour = _clear(level.look.colour, float(np.clip(0.08 + 0.8 * level.share, 0, 1)))
    figure.add_scatter(
        x=x, y=y, fill="toself", fillcolor=colour, mode="none", hoveron="fills",
        name=escape(f"{level.label}, by up to {level.share:.0%}"), text=escape(label),
        hoverinfo="text", showlegend=is_named, legend="legend2", row=1, col=2,
    )  # fmt: skip


def _outlines(boxes: Losses) -> tuple[list[float | None], list[float | None]]:
    """Corners of all boxes in one list, with gaps between."""
    x: list[float | None] = []
    y: list[float | None] = []
    for left, low, right, top in boxes.tolist():
        x += [left, right, right, left, left, None]
        y += [low, low, top, top, low, None]
    return x, y


def _clear(colour: str, opacity: float) -> str:
    red, green, blue = bytes.fromhex(colour[1:])
    return f"rgba({red},{green},{blue},{opacity:.3g})"


def _lay_out(figure: go.Figure, view: ComparisonView) -> None:
    note = escape(view.note).replace("\n", "<br>")
    below = f"<br><span style='font-size:13px;color:#666666'>{note}</span>" if note else ""
    figure.update_layout(
        title={"text": escape(view.title) + below, "x": 0.02, "xanchor": "left", "y": 0.97,
               "yanchor": "top"},
        margin={"t": 90 + 18 * view.note.count("\n")},
        template="plotly_white", font={"family": style.FONT, "size": 15, "color": style.TEXT},
        hoverlabel={"align": "left", "font": {"size": 13}}, hovermode="closest", showlegend=True,
        legend=_corner(view, figure.layout.xaxis.domain),
        legend2=_corner(view, figure.layout.xaxis2.domain if view.has_difference else (0, 1)),
    )  # fmt: skip
    x, y = view.axes
    figure.update_xaxes(title=escape(x.label), range=[x.low, x.high])
    figure.update_yaxes(title=escape(y.label), range=[y.low, y.high])


def _corner(view: ComparisonView, domain: tuple[float, float]) -> dict[str, Any]:
    """A legend in the worse corner of a panel, where there is room, beside the reference point."""
    is_right, is_top = (axis.better < 0 for axis in view.axes)
    return {
        "x": domain[1] - 0.01 if is_right else domain[0] + 0.01,
        "xanchor": "right" if is_right else "left",
        "y": 0.88 if is_top else 0.12,
        "yanchor": "top" if is_top else "bottom",
        "bgcolor": "rgba(255,255,255,0.8)",
        "itemsizing": "constant",
    }
