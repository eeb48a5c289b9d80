"""Draws sheets with matplotlib."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from pareto_search.figures import style
from pareto_search.figures.sheets.sheet import Look, Panel, Scale, Series, Sheet, Symbol, legend
from pareto_search.figures.sheets.spans import log_ticks

_DPI = 100
_ROW_IN = 3.4
_FRAME_IN = 1.6
_POINTS_A_PX = 0.75
_ENTRIES_A_ROW = 6

_MARKERS: Mapping[Symbol, str] = {
    "circle": "o", "circle-open": "o", "diamond": "D", "x": "X", "triangle-down": "v",
    "line-ns": "|", "none": "",
}  # fmt: skip
_DASHES = {"solid": "-", "dash": "--", "dot": ":"}


def draw_sheet(sheet: Sheet) -> Figure:
    """The sheet as a picture as wide as all are; a sheet without panels says why in words."""
    figure = blank_figure(max(sheet.rows, 1) * _ROW_IN + _FRAME_IN, sheet.title, sheet.note)
    if not sheet.panels:
        return figure
    grid = figure.subplots(sheet.rows, sheet.columns, squeeze=False).flatten().tolist()
    for axes, panel in zip(grid, sheet.panels, strict=False):
        _draw(axes, panel)
    for axes in grid[len(sheet.panels) :]:
        axes.set_axis_off()
    entries = [_entry(series) for series in legend(sheet)]
    figure.legend(handles=entries, fontsize=11, loc="outside lower left", frameon=False,
                  ncols=min(len(entries), _ENTRIES_A_ROW))  # fmt: skip
    return figure


def blank_figure(height_in: float, title: str, note: str) -> Figure:
    """A figure of the common width with its title and, below that, its note."""
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12, hspace=0.02, wspace=0.02)
    figure = Figure(figsize=(style.WIDTH_PX / _DPI, height_in), dpi=_DPI, layout=layout)
    text = plain(f"{title}\n{note}" if note else title)
    figure.suptitle(text, x=0.015, ha="left", fontsize=14, color=style.TEXT)
    return figure


def plain(text: str) -> str:
    """`text` as it is: matplotlib would read what stands between two dollars as mathematics."""
    return text.replace("$", r"\$")


def _draw(axes: Axes, panel: Panel) -> None:
    axes.set_title(plain(panel.title), fontsize=12, color=style.TEXT)
    for series in panel.series:
        _add(axes, series)
    _scale(axes, panel.x, "x")
    _scale(axes, panel.y, "y")
    axes.grid(color=style.GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def _add(axes: Axes, series: Series) -> None:
    look = series.look
    if series.mode == "bars":
        axes.barh(series.y, series.x, height=0.6, color=look.colour)
        return
    step = "steps-post" if series.mode == "steps" else "default"
    axes.plot(series.x, series.y, drawstyle=step, **_line(series), **_marker(look))


def _line(series: Series) -> dict[str, Any]:
    if series.mode == "points":
        return {"linestyle": "none"}
    look = series.look
    return {"color": look.colour, "linestyle": _DASHES[look.dash], "linewidth": 1.6}


def _marker(look: Look) -> dict[str, Any]:
    if look.symbol == "none":
        return {}
    is_thin = look.symbol in ("line-ns", "circle-open")
    return {
        "marker": _MARKERS[look.symbol], "markersize": look.size * _POINTS_A_PX,
        "markerfacecolor": "none" if look.symbol == "circle-open" else look.colour,
        "markeredgecolor": look.colour if is_thin else "white",
        "markeredgewidth": 1.5 if is_thin else 0.5,
    }  # fmt: skip


def _scale(axes: Axes, scale: Scale, letter: str) -> None:
    if scale.is_log:
        axes.set(**{f"{letter}scale": "log"})
    axes.set(**{f"{letter}lim": (scale.low, scale.high)})
    axis = axes.xaxis if letter == "x" else axes.yaxis
    axis.set_label_text(plain(scale.label), fontsize=11)
    if scale.is_log:
        ticks = log_ticks(scale.low, scale.high)
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set_minor_locator(NullLocator())
    if scale.ticks:
        axis.set_ticks(
            [place for place, _ in scale.ticks], [plain(word) for _, word in scale.ticks]
        )


def _entry(series: Series) -> Line2D | Patch:
    look = series.look
    if series.mode == "bars":
        return Patch(color=look.colour, label=plain(look.label))
    return Line2D([], [], label=plain(look.label), **_line(series), **_marker(look))
