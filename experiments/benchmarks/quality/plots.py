"""Log hypervolume difference over evaluations and over simulated time, rebuilt from raw rows."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from quality.methods import DEFAULT, PEERS, our_methods
from quality.problems import PROBLEMS
from quality.runs import Row
from quality.statistics import value_at, value_by, wholes

FLOOR = 1e-4
"""Below this a difference is drawn here: the true hypervolume is known to four digits."""

COLUMNS = 4
"""Problems beside each other."""


def draw(rows: Sequence[Row], workers: int, file: Path) -> None:
    """Two panels for each problem, one below the other: over evaluations and over minutes."""
    mpl.use("Agg")
    whole = wholes(rows)
    mine = [row for row in rows if row["workers"] == workers]
    problems = [name for name in PROBLEMS if any(row["problem"] == name for row in mine)]
    columns = min(COLUMNS, len(problems))
    lines = 2 * -(-len(problems) // columns)
    figure, axes = plt.subplots(
        lines,
        columns,
        figsize=(3.2 * columns + 1, 2.8 * lines + 1.4),
        squeeze=False,
        layout="constrained",
    )
    for place, problem in enumerate(problems):
        line, column = divmod(place, columns)
        above, below = axes[2 * line, column], axes[2 * line + 1, column]
        here = [row for row in mine if row["problem"] == problem]
        curves(above, here, value_at, whole[problem], np.arange(5, _most(here, 0) + 1, 5))
        curves(below, here, value_by, whole[problem], np.linspace(60, _most(here, 1), 60), 60)
        above.set_title(problem)
        above.set_xlabel("evaluations")
        below.set_xlabel("simulated minutes")
    for ax in axes[:, 0]:
        ax.set_ylabel("1 - part of true hypervolume")
    for ax in axes.flat:
        ax.set_visible(ax.has_data())
    handles = {}
    for ax in axes.flat:
        handles |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside lower center",
        ncols=columns,
        fontsize=7,
    )
    figure.savefig(file, dpi=110)
    plt.close(figure)


def curves(
    ax: Axes,
    rows: Sequence[Row],
    value: Callable[[Row, float], float],
    whole: float,
    places: np.ndarray,
    unit: float = 1,
) -> None:
    """The mean of each method with its quartiles over seeds; ends where a seed's run ends."""
    names = [*our_methods(), *PEERS]
    for method in names:
        mine = [row for row in rows if row["method"] == method]
        if not mine:
            continue
        reach = places[places <= min(_end(row, value) for row in mine)]
        gaps = np.asarray([[1 - value(row, float(at)) / whole for at in reach] for row in mine])
        gaps = np.maximum(gaps, FLOOR)
        style = "-" if method == DEFAULT or method.startswith("ours") else "--"
        width = 2.2 if method == DEFAULT else 1.0
        colour = mpl.colormaps["tab20"](names.index(method) % 20)
        ax.plot(reach / unit, gaps.mean(axis=0), style, lw=width, color=colour, label=method)
        low, high = np.quantile(gaps, [0.25, 0.75], axis=0)
        ax.fill_between(reach / unit, low, high, color=colour, alpha=0.08)
    ax.set_yscale("log")


def _end(row: Row, value: Callable[[Row, float], float]) -> float:
    return float(row["trials"] if value is value_at else row["makespan_s"])


def _most(rows: Sequence[Row], column: int) -> float:
    return max(_end(row, (value_at, value_by)[column]) for row in rows)
