"""What a figure of one or more panels shows, before any library draws it."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["points", "line", "steps", "bars"]
Symbol = Literal["circle", "circle-open", "diamond", "x", "triangle-down", "line-ns", "none"]
Dash = Literal["solid", "dash", "dot"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a series looks: series of one label share their entry in the legend; `size` is in px."""

    label: str
    colour: str
    symbol: Symbol = "circle"
    size: int = 7
    dash: Dash = "solid"


@dataclass(frozen=True, slots=True)
class Series:
    """N points, or the line or the horizontal bars through them; `names` (N or none) say whose."""

    look: Look
    x: tuple[float, ...]
    y: tuple[float, ...]
    names: tuple[str, ...] = ()
    mode: Mode = "points"


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`; `ticks`, a place and its word each, stand for numbers."""

    label: str
    low: float
    high: float
    is_log: bool = False
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes and what is drawn between them, the last on top."""

    title: str
    x: Scale
    y: Scale
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Panels in rows of `columns`; without any there is nothing to see, and `note` says why."""

    title: str
    note: str
    panels: tuple[Panel, ...]
    columns: int = 1

    @property
    def rows(self) -> int:
        """Rows of panels."""
        return -(-len(self.panels) // self.columns)


def legend(sheet: Sheet) -> list[Series]:
    """The first series of each label, in the order in which the labels appear."""
    found: dict[str, Series] = {}
    for panel in sheet.panels:
        for series in panel.series:
            found.setdefault(series.look.label, series)
    return list(found.values())
