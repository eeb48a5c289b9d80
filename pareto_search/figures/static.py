"""Draws views with matplotlib: pictures that need no program to look at."""

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from pareto_search.figures import style
from pareto_search.figures.front_view import FrontView, Mark
from pareto_search.figures.history_view import HistoryView
from pareto_search.figures.labels import place_labels

_DPI = 100


def draw_front(view: FrontView) -> Figure:
    """The front as a picture of `style.WIDTH_PX` x `style.HEIGHT_PX`."""
    figure, axes = _blank(view.title, view.note)
    x, y = view.axes
    axes.set(xlim=(x.low, x.high), ylim=(y.low, y.high))
    axes.set_xlabel(x.label, fontsize=14)
    axes.set_ylabel(y.label, fontsize=14)
    if len(view.stairs):
        axes.fill(*view.shade.T, color=style.FRONT, alpha=0.07, linewidth=0)
        axes.plot(*view.stairs.T, color=style.FRONT, linewidth=1.8)
    _scatter(axes, view.constrained, "breaks a constraint", style.CONSTRAINED, "X", 45, 2)
    _scatter(axes, view.dominated, "dominated", style.DOMINATED, "o", 38, 2)
    _scatter(axes, view.front, "front", style.FRONT, "o", 75, 4)
    _scatter(axes, view.baselines, "baseline", style.BASELINE, "D", 95, 4)
    if view.knee:
        axes.scatter(view.knee.x, view.knee.y, s=330, marker="o", facecolors="none",
                     edgecolors=style.KNEE, linewidths=2.4, label="knee", zorder=5)  # fmt: skip
    if view.reference:
        axes.scatter(*view.reference, s=110, marker="x", color=style.REFERENCE, label="reference",
                     zorder=4)  # fmt: skip
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=12, framealpha=0.9)
    else:
        _say_empty(axes)
    knee = [view.knee] if view.knee else []
    important = [*knee, *view.baselines, *view.front[:1], *view.front[-1:], *view.front]
    points = [*view.front, *view.baselines, *view.dominated, *view.constrained]
    place_labels(axes, important, points, (x.better, y.better))
    return figure


def draw_history(view: HistoryView) -> Figure:
    """The hypervolume history as a picture of `style.WIDTH_PX` x `style.HEIGHT_PX`."""
    figure, axes = _blank(view.title, view.note)
    axes.set_xlabel("finished trials", fontsize=14)
    axes.set_ylabel("hypervolume   (better →)", fontsize=14)
    axes.set(xlim=(0.5, max(len(view.values), 1) + 0.5), ylim=(view.low, view.high))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not len(view.values):
        _say_empty(axes)
        return figure
    trials = np.arange(1, len(view.values) + 1)
    axes.step(trials, view.values, where="post", color=style.FRONT, linewidth=2, label="sweep")
    axes.scatter(trials, view.values, s=22, color=style.FRONT, zorder=3)
    if view.baseline is not None:
        label = f"baseline {view.baseline:.4g}"
        axes.axhline(view.baseline, color=style.BASELINE, linestyle=":", linewidth=2, label=label)
    axes.legend(fontsize=12, framealpha=0.9, loc="lower right")
    return figure


def image_bytes(figure: Figure, kind: Literal["png", "svg"]) -> bytes:
    """`figure` as the content of a file."""
    content = io.BytesIO()
    figure.savefig(content, format=kind, dpi=_DPI)
    return content.getvalue()


def _blank(title: str, note: str) -> tuple[Figure, Axes]:
    size = (style.WIDTH_PX / _DPI, style.HEIGHT_PX / _DPI)
    figure = Figure(figsize=size, dpi=_DPI, layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=16, loc="left", color=style.TEXT, pad=30 if note else 12)
    axes.text(0, 1.012, note, fontsize=11.5, color="#666666", transform=axes.transAxes)
    axes.grid(color=style.GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=12)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _scatter(
    axes: Axes, marks: Sequence[Mark], label: str, colour: str, shape: str, size: int, layer: int
) -> None:
    if any(mark.dx or mark.dy for mark in marks):
        axes.errorbar(
            [m.x for m in marks], [m.y for m in marks], [m.dy for m in marks],
            [m.dx for m in marks], fmt="none", ecolor=colour, elinewidth=1, zorder=layer,
        )  # fmt: skip
    if marks:
        axes.scatter(
            [m.x for m in marks], [m.y for m in marks], s=size, marker=shape, color=colour,
            edgecolors="white", linewidths=0.9, label=label, zorder=layer,
        )  # fmt: skip


def _say_empty(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no trial is complete yet", fontsize=16, color="#666666", ha="center",
              transform=axes.transAxes)  # fmt: skip
