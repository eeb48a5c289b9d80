"""Draws the view of a comparison with matplotlib."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pareto_search.figures import style
from pareto_search.figures.comparison_view import ComparisonView, Side

_DPI = 100
_SECOND_PX = 700  # the attainment difference beside the fronts


def draw_comparison(view: ComparisonView) -> Figure:
    """All fronts on one picture, and beside it where who attains more often."""
    width = style.WIDTH_PX + _SECOND_PX * view.has_difference
    size = (width / _DPI, style.HEIGHT_PX / _DPI)
    figure = Figure(figsize=size, dpi=_DPI, layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
    figure.suptitle(view.title, fontsize=16, x=0.015, ha="left", color=style.TEXT)
    ratios = [style.WIDTH_PX, _SECOND_PX] if view.has_difference else [1]
    panels = figure.subplots(1, len(ratios), width_ratios=ratios, squeeze=False)[0]
    panels[0].set_title(view.note, fontsize=11.5, loc="left", color="#666666")
    for axes in panels:
        _frame(axes, view)
    for side in view.sides:
        _draw_side(panels[0], side)
    named = [_handle(side) for side in view.sides]
    if view.reference:
        named.append(Line2D([], [], color=style.REFERENCE, marker="x", markersize=10,
                            linestyle="", label="reference"))  # fmt: skip
        panels[0].scatter(*view.reference, s=110, marker="x", color=style.REFERENCE, zorder=4)
    _explain(panels[0], named, view)
    if view.has_difference:
        _draw_difference(panels[1], view)
    return figure


def _frame(axes: Axes, view: ComparisonView) -> None:
    x, y = view.axes
    axes.set(xlim=(x.low, x.high), ylim=(y.low, y.high))
    axes.set_xlabel(x.label, fontsize=14)
    axes.set_ylabel(y.label, fontsize=14)
    axes.grid(color=style.GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=12)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_side(axes: Axes, side: Side) -> None:
    colour = side.look.colour
    is_crowd = len(side.band) > 0
    if is_crowd:
        axes.fill(*side.band.T, color=colour, alpha=0.15, linewidth=0)
    if len(side.stairs):
        axes.plot(*side.stairs.T, color=colour, linewidth=2.2, zorder=3)
    axes.scatter(
        side.points[:, 0], side.points[:, 1], s=28 if is_crowd else 70, marker=side.look.marker,
        color=colour, edgecolors="white", linewidths=0.7, alpha=0.6 if is_crowd else 1.0,
        zorder=4,
    )  # fmt: skip


def _explain(axes: Axes, handles: Sequence[Artist], view: ComparisonView) -> None:
    """A legend in the worse corner, where there is room, but beside the reference point."""
    x, y = (int(axis.better < 0) for axis in view.axes)
    corner = ((3, 2), (4, 1))[x][y]  # matplotlib's numbers: lower and upper left, then right
    anchor = (0.01 + 0.98 * x, 0.1 + 0.8 * y)
    axes.legend(handles=handles, loc=corner, bbox_to_anchor=anchor, fontsize=12, framealpha=0.9)


def _handle(side: Side) -> Line2D:
    width = 2.2 if len(side.stairs) else 0
    return Line2D([], [], color=side.look.colour, marker=side.look.marker, markersize=8,
                  linewidth=width, markeredgecolor="white", label=side.label)  # fmt: skip


def _draw_difference(axes: Axes, view: ComparisonView) -> None:
    axes.set_title("attained more often by", fontsize=12.5, loc="left", color=style.TEXT)
    for level in view.levels:
        corners = level.boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
        axes.add_collection(
            PolyCollection(
                list(corners), facecolors=level.look.colour, alpha=strength(level.share),
                linewidths=0, antialiaseds=False,
            )
        )  # fmt: skip
    rising = sorted(view.levels, key=lambda level: level.share)
    most = {level.label: level for level in rising}
    patches = [
        Patch(color=level.look.colour, alpha=strength(level.share),
              label=f"{label}, by up to {level.share:.0%} of its sweeps")
        for label, level in sorted(most.items(), key=lambda item: item[1].place)
    ]  # fmt: skip
    if patches:
        _explain(axes, patches, view)
    else:
        axes.text(0.5, 0.5, "nobody, anywhere", fontsize=16, color="#666666", ha="center",
                  transform=axes.transAxes)  # fmt: skip


def strength(share: float) -> float:
    """How opaque a box is that is attained more often by `share`."""
    return float(np.clip(0.08 + 0.8 * share, 0, 1))
