"""Draws sheets with plotly.

A figure is made as plain data, which is what a page needs; plotly's own objects cost seconds.
"""

import math
from html import escape
from typing import Any

import plotly.graph_objects as go

from pareto_search.figures import style
from pareto_search.figures.sheets.sheet import Look, Panel, Scale, Series, Sheet
from pareto_search.figures.sheets.spans import log_ticks

_ROW_PX = 330
_FRAME_PX = 150
_BETWEEN_ROWS_PX = 95
_BETWEEN_COLUMNS = 0.24
"""Of the width, in all."""


def plot_sheet(sheet: Sheet) -> go.Figure:
    """The sheet; hovering over a point shows its trial and both values."""
    return go.Figure(sheet_data(sheet))


def sheet_data(sheet: Sheet) -> dict[str, Any]:
    """The same as plain data: traces and layout as plotly's JSON has them."""
    height = sheet.rows * _ROW_PX + _FRAME_PX
    traces: list[dict[str, Any]] = []
    layout = frame(sheet.title, sheet.note, height)
    shown: set[str] = set()
    for place, panel in enumerate(sheet.panels):
        number = str(place + 1) if place else ""
        for series in panel.series:
            axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
            traces.append(_trace(series, panel, series.look.label not in shown) | axes)
            shown.add(series.look.label)
        x, y = _domains(sheet, place, height)
        layout[f"xaxis{number}"] = _axis(panel.x) | {"domain": x, "anchor": f"y{number}"}
        layout[f"yaxis{number}"] = _axis(panel.y) | {"domain": y, "anchor": f"x{number}"}
        layout["annotations"].append(_title(panel, (x[0] + x[1]) / 2, y[1]))
    return {"data": traces, "layout": layout}


def frame(title: str, note: str, height: int) -> dict[str, Any]:
    """The layout that all figures share: title and note, letters, legend below."""
    below = f"<br><span style='font-size:13px;color:{style.FAINT}'>{escape(note)}</span>"
    return {
        "title": {"text": escape(title) + (below if note else ""), "x": 0.02},
        "template": "plotly_white",
        "font": {"family": style.FONT, "size": 13, "color": style.TEXT},
        "hoverlabel": {"align": "left", "font": {"size": 13}},
        "hovermode": "closest",
        "height": height,
        "margin": {"l": 70, "r": 20, "t": 90, "b": 100},
        "annotations": [],
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "yref": "container",
            "y": 0.0,
            "yanchor": "bottom",
            "x": 0.0,
        },
    }


def _domains(sheet: Sheet, place: int, height: int) -> tuple[list[float], list[float]]:
    """The part of the figure's width and of its height that a panel takes."""
    row, column = divmod(place, sheet.columns)
    gap = _BETWEEN_COLUMNS / max(sheet.columns, 2)
    width = (1 - gap * (sheet.columns - 1)) / sheet.columns
    rift = _BETWEEN_ROWS_PX / height
    depth = (1 - rift * (sheet.rows - 1)) / sheet.rows
    left, top = column * (width + gap), 1 - row * (depth + rift)
    return [left, min(left + width, 1.0)], [max(top - depth, 0.0), top]


def _title(panel: Panel, x: float, y: float) -> dict[str, Any]:
    return {
        "text": escape(panel.title), "x": x, "y": y, "xref": "paper", "yref": "paper",
        "xanchor": "center", "yanchor": "bottom", "showarrow": False, "font": {"size": 15},
    }  # fmt: skip


def _trace(series: Series, panel: Panel, is_first: bool) -> dict[str, Any]:
    label = escape(series.look.label)
    trace = {
        "x": [_short(v) for v in series.x], "y": [_short(v) for v in series.y],
        "name": label, "legendgroup": label, "showlegend": is_first,
    }  # fmt: skip
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
    is_thin = look.symbol in ("line-ns", "circle-open")
    return {
        "color": look.colour, "size": look.size, "symbol": look.symbol,
        "line": {"color": look.colour if is_thin else "white", "width": 2 if is_thin else 0.7},
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


def _short(value: float) -> float:
    """Six digits: more than a screen shows, and a third of the bytes."""
    return float(f"{value:.6g}")
