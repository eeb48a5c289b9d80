"""Which parameters mattered, for each objective and for being on the front."""

from collections.abc import Mapping, Sequence

from pareto_search.figures import style
from pareto_search.figures.sheets.sheet import Look, Panel, Scale, Series, Sheet
from pareto_search.searchers.optuna_importance import MIN_TRIALS, Importance

_BAR = Look("share of the importance", style.FRONT)
_CHANCE = Look("what luck alone reaches, 1 time in 20", style.REFERENCE, "line-ns", 16)
_LEAST, _MOST = 0.3, 1.02
"""Of the greatest share on the axis: luck may reach more than all importance there is."""
_ABOUT = (
    "PED-ANOVA: how differently the best trials are spread along a parameter than all trials are"
)


def importance_sheet(
    importances: Mapping[str, Importance], num_complete: int, name: str = "sweep"
) -> Sheet:
    """A panel for each entry of `importances`, with the same parameters in the same order.

    The last entry decides the order, the most important parameter on top. Without entries the
    sheet says that `num_complete` trials are too few.
    """
    title = f"{name}: which parameters mattered"
    if not importances:
        note = (
            f"Too few complete trials to tell which parameters mattered: {num_complete}, "
            f"where at least {MIN_TRIALS} are needed."
        )
        return Sheet(title, note, ())
    order = by_importance(importances)
    columns = min(len(importances), 3)
    panels = tuple(
        _panel(label, one, order, has_words=place % columns == 0)
        for place, (label, one) in enumerate(importances.items())
    )
    return Sheet(title, _ABOUT, panels, columns)


def by_importance(importances: Mapping[str, Importance]) -> list[str]:
    """The parameters, those first that matter the most for the last entry."""
    last = list(importances.values())[-1]
    return sorted(last.shares, key=lambda key: -last.shares[key])


def _panel(label: str, one: Importance, order: Sequence[str], has_words: bool) -> Panel:
    """One panel; where it is not the first of its row, its parameters are those beside it."""
    places = tuple(float(at) for at in range(len(order)))
    shares = tuple(one.shares.get(key, 0.0) for key in order)
    chance = tuple(min(one.chance.get(key, 0.0), _MOST) for key in order)
    names = tuple(f"{key}: {_verdict(one, key)}" for key in order)
    high = min(_MOST, max(_LEAST, 1.05 * max(*shares, *chance)))
    x = Scale("share", 0.0, high)
    words = order if has_words else [""] * len(order)
    y = Scale("", len(order) - 0.5, -0.5, ticks=tuple(zip(places, words, strict=True)))
    bars = Series(_BAR, shares, places, names, "bars")
    return Panel(f"for {label}", x, y, (bars, Series(_CHANCE, chance, places, names)))


def _verdict(one: Importance, key: str) -> str:
    return "more than luck" if key in one.mattering else "no more than luck may do"
