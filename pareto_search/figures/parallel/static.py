"""Draws parallel coordinates with matplotlib."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pareto_search.figures import style
from pareto_search.figures.parallel.view import ABSENT, Coordinate, ParallelView, broken
from pareto_search.figures.sheets.roles import LOOKS, Role
from pareto_search.figures.sheets.static import blank_figure, plain

_HEIGHT_IN = 7.0
_WIDTHS: Mapping[Role, tuple[float, float]] = {
    "constrained": (0.8, 0.4), "dominated": (0.8, 0.35), "front": (1.8, 0.9), "baseline": (2.4, 1),
}  # fmt: skip


def draw_parallel(view: ParallelView) -> Figure:
    """The view as a picture as wide as all are; without lines its note says why."""
    figure = blank_figure(_HEIGHT_IN, view.title, view.note)
    if not view.lines:
        return figure
    axes = figure.add_subplot()
    axes.set(xlim=(-0.3, len(view.axes) - 0.7), ylim=(ABSENT - 0.05, 1.05))
    axes.set_axis_off()
    roles = list(dict.fromkeys(line.role for line in view.lines))
    for layer, role in enumerate(roles):
        lines = [list(enumerate(line.places)) for line in view.lines if line.role == role]
        width, alpha = _WIDTHS[role]
        axes.add_collection(LineCollection(lines, colors=LOOKS[role].colour, linewidths=width,
                                           alpha=alpha, zorder=2 + layer))  # fmt: skip
    for place, coordinate in enumerate(view.axes):
        _draw_axis(axes, place, coordinate)
    handles = [
        Line2D([], [], color=LOOKS[role].colour, linewidth=2, label=LOOKS[role].label)
        for role in roles
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=4, fontsize=11, frameon=False)
    return figure


def _draw_axis(axes: Axes, place: int, coordinate: Coordinate) -> None:
    axes.plot([place, place], [0, 1], color=style.TEXT, linewidth=1, zorder=8)
    box = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6}
    ticks = [*coordinate.ticks, *([(ABSENT, "absent")] if coordinate.is_conditional else [])]
    for at, word in ticks:
        axes.plot([place - 0.02, place + 0.02], [at, at], color=style.TEXT, linewidth=1, zorder=8)
        axes.text(place + 0.04, at, plain(word), fontsize=9, va="center", color=style.TEXT,
                  bbox=box, zorder=9)  # fmt: skip
    axes.text(place, 1.05, plain("\n".join(broken(coordinate.label))), fontsize=10.5, ha="center",
              va="bottom", color=style.TEXT)  # fmt: skip
