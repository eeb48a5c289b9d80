"""Draws sheets with plotly."""

import math
from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pareto_search.figures import style
from pareto_search.figures.sheets.sheet import Look, Panel, Scale, Series, Sheet
from pareto_search.figures.sheets.spans import log_ticks

_ROW_PX = 330
_FRAME_PX = 150
_BETWEEN_PX = 95


def plot_sheet(sheet: Sheet) -> go.Figure:
    """The sheet; hovering over a point shows its trial and both values."""
    height = sheet.rows * _ROW_PX + _FRAME_PX
    figure = make_subplots(
        rows=max(sheet.rows, 1), cols=sheet.columns,
        subplot_titles=[escape(panel.title) for panel in sheet.panels],
        horizontal_spacing=0.24 / max(sheet.columns, 2), vertical_spacing=_BETWEEN_PX / height,
    )  # fmt: skip
    shown: set[str] = set()
    for place, panel in enumerate(sheet.panels):
        row, column = divmod(place, sheet.columns)
        at = {"row": row + 1, "col": column + 1}
        traces = [_trace(series, panel, shown) for series in panel.series]
        figure.add_traces(traces, rows=[at["row"]] * len(traces), cols=[at["col"]] * len(traces))
        figure.update_xaxes(**_axis(panel.x), **at)
        figure.update_yaxes(**_axis(panel.y), **at)
    _lay_out(figure, sheet, height)
    return figure


def _trace(series: Series, panel: Panel, shown: set[str]) -> dict[str, Any]:
    label = series.look.label
    trace = {
        "x": [_short(v) for v in series.x], "y": [_short(v) for v in series.y],
        "name": escape(label), "legendgroup": label, "showlegend": label not in shown,
    }  # fmt: skip
    shown.add(label)
    if series.names:
        trace["customdata"] = [escape(name) for name in series.names]
        trace["hovertemplate"] = _hover(panel)
    else:
        trace["hoverinfo"] = "skip"
    return trace | _shape(series)


def _shape(series: Series) -> dict[str, Any]:
    look = series.look
    if series.mode == "bars":
        return {"type": "bar", "orientation": "h", "marker": {"color": look.colour}, "width": 0.6}
    if series.mode == "points":
        return {"type": "scatter", "mode": "markers", "marker": _marker(look)}
    line = {"color": look.colour, "width": 2, "dash": look.dash}
    if series.mode == "steps":
        line["shape"] = "hv"
    if look.symbol == "none":
        return {"type": "scatter", "mode": "lines", "line": line}
    return {"type": "scatter", "mode": "lines+markers", "line": line, "marker": _marker(look)}


def _marker(look: Look) -> dict[str, Any]:
    is_thin = look.symbol == "line-ns"
    edge = look.colour if is_thin or look.symbol == "circle-open" else "white"
    width = 2 if is_thin or look.symbol == "circle-open" else 0.7
    return {
        "color": look.colour, "size": look.size, "symbol": look.symbol,
        "line": {"color": edge, "width": width},
    }  # fmt: skip


def _hover(panel: Panel) -> str:
    """Whose point it is, then the value on either axis that has numbers."""
    lines = ["%{customdata}"]
    for letter, scale in (("x", panel.x), ("y", panel.y)):
        if not scale.ticks:
            lines.append(f"{escape(scale.label)}: %{{{letter}:.4g}}")
    return "<br>".join(lines) + "<extra></extra>"


def _axis(scale: Scale) -> dict[str, Any]:
    ends: list[float] = [scale.low, scale.high]
    axis: dict[str, Any] = {"title": {"text": escape(scale.label), "standoff": 6}, "range": ends}
    if scale.is_log:
        ticks = log_ticks(scale.low, scale.high)
        axis |= {"type": "log", "range": [math.log10(end) for end in ends], "tickvals": ticks}
        axis["ticktext"] = [f"{tick:g}" for tick in ticks]
    if scale.ticks:
        axis["tickvals"] = [place for place, _ in scale.ticks]
        axis["ticktext"] = [escape(word) for _, word in scale.ticks]
        axis["automargin"] = True
    return axis


def _lay_out(figure: go.Figure, sheet: Sheet, height: int) -> None:
    note = f"<br><span style='font-size:13px;color:{style.FAINT}'>{escape(sheet.note)}</span>"
    figure.update_layout(
        title={"text": escape(sheet.title) + (note if sheet.note else ""), "x": 0.02},
        template="plotly_white", font={"family": style.FONT, "size": 13, "color": style.TEXT},
        hoverlabel={"align": "left", "font": {"size": 13}}, hovermode="closest", height=height,
        margin={"l": 70, "r": 20, "t": 90, "b": 100},
        legend={"orientation": "h", "yref": "container", "y": 0.0, "yanchor": "bottom", "x": 0.0},
    )  # fmt: skip


def _short(value: float) -> float:
    """Six digits: more than a screen shows, and a third of the bytes."""
    return float(f"{value:.6g}")
