"""Draws views with plotly: one HTML file each, which needs no network to be read."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pareto_search.figures import style
from pareto_search.figures.front_view import Axis, FrontView, Mark
from pareto_search.figures.history_view import HistoryView


def plot_front(view: FrontView) -> go.Figure:
    """The front; hovering over a trial shows its objectives, parameters and MLflow run."""
    figure = go.Figure()
    if len(view.stairs):
        shade, stairs = view.shade.T.tolist(), view.stairs.T.tolist()
        figure.add_scatter(x=shade[0], y=shade[1], fill="toself", fillcolor="rgba(0,114,178,0.07)",
                           mode="none", hoverinfo="skip", showlegend=False)  # fmt: skip
        figure.add_scatter(x=stairs[0], y=stairs[1], mode="lines", hoverinfo="skip",
                           line={"color": style.FRONT, "width": 2}, showlegend=False)  # fmt: skip
    constrained = {"color": style.CONSTRAINED, "size": 8, "symbol": "x"}
    _add(figure, view.constrained, "breaks a constraint", constrained)
    _add(figure, view.dominated, "dominated", {"color": style.DOMINATED, "size": 8})
    _add(figure, view.front, "front", {"color": style.FRONT, "size": 11})
    baseline = {"color": style.BASELINE, "size": 13, "symbol": "diamond"}
    _add(figure, view.baselines, "baseline", baseline, named=True)
    ring = {"color": style.KNEE, "size": 22, "symbol": "circle-open", "line": {"width": 3}}
    _add(figure, [view.knee] if view.knee else [], "knee", ring, named=True)
    if view.reference:
        x, y = view.reference
        figure.add_scatter(x=[x], y=[y], mode="markers", name="reference",
                           marker={"color": style.REFERENCE, "size": 12, "symbol": "x-thin-open"},
                           hovertemplate=f"reference ({x:g}, {y:g})<extra></extra>")  # fmt: skip
    _lay_out(figure, view.title, view.note)
    figure.update_xaxes(**_axis(view.axes[0]))
    figure.update_yaxes(**_axis(view.axes[1]))
    return figure


def plot_history(view: HistoryView) -> go.Figure:
    """The hypervolume over finished trials; hovering shows which trial ended."""
    figure = go.Figure()
    trials = np.arange(1, len(view.values) + 1).tolist()
    figure.add_scatter(
        x=trials, y=view.values.tolist(), customdata=list(view.uids), name="sweep",
        mode="lines+markers", line={"shape": "hv", "color": style.FRONT, "width": 2.5},
        hovertemplate="after %{x} trials (%{customdata}): %{y:.5g}<extra></extra>",
    )  # fmt: skip
    if view.baseline is not None:
        figure.add_scatter(
            x=[0.5, len(view.values) + 0.5], y=[view.baseline] * 2, mode="lines",
            name=f"baseline {view.baseline:.4g}", hoverinfo="name",
            line={"dash": "dot", "color": style.BASELINE, "width": 2.5},
        )  # fmt: skip
    _lay_out(figure, view.title, view.note)
    figure.update_xaxes(title="finished trials", range=[0.5, max(len(trials), 1) + 0.5])
    figure.update_yaxes(title="hypervolume   (better →)", range=[view.low, view.high])
    return figure


def page_bytes(figure: go.Figure, name: str) -> bytes:
    """`figure` as an HTML page with the whole of plotly inside; `name` is its element's id."""
    page: str = figure.to_html(
        include_plotlyjs=True, include_mathjax=False, full_html=True, div_id=name,
        default_height="95vh", config={"displaylogo": False, "responsive": True},
    )  # fmt: skip
    return page.encode()


def _add(
    figure: go.Figure, marks: Sequence[Mark], role: str, shape: dict[str, Any], named: bool = False
) -> None:
    if not marks:
        return
    figure.add_scatter(
        x=[mark.x for mark in marks], y=[mark.y for mark in marks], name=role, marker=shape,
        error_x=_bars([mark.dx for mark in marks]), error_y=_bars([mark.dy for mark in marks]),
        mode="markers+text" if named else "markers", text=[mark.uid for mark in marks],
        textposition="top right", customdata=["<br>".join(map(escape, m.lines)) for m in marks],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _bars(errors: Sequence[float]) -> dict[str, Any] | None:
    return {"array": errors, "thickness": 1, "width": 3} if any(errors) else None


def _axis(axis: Axis) -> dict[str, Any]:
    return {"title": escape(axis.label), "range": [axis.low, axis.high]}


def _lay_out(figure: go.Figure, title: str, note: str) -> None:
    below = f"<br><span style='font-size:13px;color:#666666'>{escape(note)}</span>" if note else ""
    figure.update_layout(
        title={"text": escape(title) + below, "x": 0.02, "xanchor": "left"},
        template="plotly_white", font={"family": style.FONT, "size": 15, "color": style.TEXT},
        hoverlabel={"align": "left", "font": {"size": 13}}, hovermode="closest",
        legend={"x": 0.99, "y": 0.99, "xanchor": "right", "yanchor": "top"}, showlegend=True,
    )  # fmt: skip
