"""The contact sheet: the worst cases and those in the middle, at one look."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from trainables.evaluation.measures import Rows
from trainables.reporting.pictures.panels import (
    draw_contours,
    legend_lines,
    look_into,
    show_image,
)
from trainables.reporting.pictures.slices import CaseSlice
from trainables.reporting.summary import worst_first

NAME = "contact_sheet.png"
PER_ROW = 4
_INCHES = 2.4


def choose_cases(rows: Rows, key: str = "dice") -> dict[str, list[str]]:
    """The cases of the sheet, by the title of their row, from the worst `key` to the best.

    Up to `PER_ROW` worst ones, and as many around the median that are not among them.

    >>> rows = {str(n): {"dice": n / 10} for n in range(1, 10)}
    >>> choose_cases(rows)
    {'worst': ['1', '2', '3', '4'], 'median': ['5', '6']}
    >>> choose_cases({"a": {"dice": 0.5}})
    {'worst': ['a']}
    """
    order = worst_first(rows, key)
    worst = order[:PER_ROW]
    first = max(0, (len(order) - PER_ROW) // 2)
    median = [case_id for case_id in order[first : first + PER_ROW] if case_id not in worst]
    return {"worst": worst, "median": median} if median else {"worst": worst}


def draw_sheet(
    cuts: Mapping[str, CaseSlice],
    chosen: Mapping[str, Sequence[str]],
    rows: Rows,
    regions: Sequence[str],
) -> Figure:
    """One row of cases for each entry of `chosen`, each case near its lesions."""
    columns = max(map(len, chosen.values()))
    size = (_INCHES * columns + 0.3, (_INCHES + 0.35) * len(chosen) + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(chosen), columns, squeeze=False)
    for panels, (title, cases) in zip(grid, chosen.items(), strict=True):
        for panel in panels:
            panel.set_axis_off()
        for panel, case_id in zip(panels, cases, strict=False):
            cut = cuts[case_id]
            show_image(panel, cut.near, cut)
            draw_contours(panel, cut, width=0.75)
            look_into(panel, cut.frame)
            panel.set_title(f"{case_id}\nDice {rows[case_id]['dice']:.3f}", fontsize=8)
        panels[0].text(
            -0.06, 0.5, title, transform=panels[0].transAxes, rotation=90, va="center", ha="right"
        )
    figure.legend(
        handles=legend_lines(regions),
        loc="outside lower center",
        ncols=len(regions) + 2,
        fontsize=8,
        frameon=False,
    )
    return figure


def save_sheet(
    cuts: Mapping[str, CaseSlice],
    chosen: Mapping[str, Sequence[str]],
    rows: Rows,
    regions: Sequence[str],
    folder: Path,
) -> Path:
    """Write the sheet of `draw_sheet` to ``FOLDER/contact_sheet.png``."""
    path = folder / NAME
    draw_sheet(cuts, chosen, rows, regions).savefig(path, dpi=150)
    return path
