"""The hypervolume over finished trials and over the time at work: would more of it help?"""

from collections.abc import Sequence

import numpy as np

from pareto_search.figures import style
from pareto_search.figures.history_view import HistoryView
from pareto_search.figures.sheets.sheet import Look, Panel, Scale, Series, Sheet

_SWEEP = Look("sweep", style.FRONT, "circle", 5)
_UNITS = ((3 * 3600.0, 3600.0, "hours"), (180.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))


def progress_sheet(view: HistoryView) -> Sheet:
    """Two panels of the same history; without times, one."""
    if not len(view.values):
        return Sheet(view.title, "No trial has ended yet.", ())
    trials = np.arange(1, len(view.values) + 1).tolist()
    panels = [
        _panel(view, "over finished trials", "finished trials", trials, (0.5, trials[-1] + 0.5))
    ]
    if len(view.seconds):
        _, length, unit = next(u for u in _UNITS if view.seconds.max() >= u[0])
        times = (view.seconds / length).tolist()
        label = f"{unit} at work since the first trial began"
        panels.append(_panel(view, "over time", label, times, (0.0, max(times) * 1.03 or 1.0)))
    return Sheet(view.title, view.note, tuple(panels), len(panels))


def _panel(
    view: HistoryView, title: str, label: str, at: Sequence[float], ends: tuple[float, float]
) -> Panel:
    names = tuple(f"{uid} ended" for uid in view.uids)
    series = [Series(_SWEEP, tuple(at), tuple(view.values.tolist()), names, "steps")]
    if view.baseline is not None:
        look = Look(f"baseline {view.baseline:.4g}", style.BASELINE, "none", dash="dot")
        series.append(Series(look, ends, (view.baseline, view.baseline), mode="line"))
    y = Scale("hypervolume ↑", view.low, view.high)
    return Panel(title, Scale(label, *ends), y, tuple(series))
