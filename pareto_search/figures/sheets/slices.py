"""Each parameter against each objective: where along it the good trials lie."""

import math
from collections.abc import Mapping, Sequence

from pareto_search.figures.sheets.roles import Role, Spot, roles_of, series_of
from pareto_search.figures.sheets.sheet import Panel, Scale, Sheet
from pareto_search.figures.sheets.spans import objective_scale
from pareto_search.objective import Objective
from pareto_search.searchers.encoding import choice_index
from pareto_search.space import Choice, Parameter, Scalar, Space
from pareto_search.storage.journal import TrialRecord

MAX_PARAMETERS = 8
_SHOWN: tuple[Role, ...] = ("constrained", "dominated", "front", "baseline")
_GOLDEN = (math.sqrt(5) - 1) / 2
_SPREAD = 0.5
_MARGIN = 0.03
_LETTERS = 36
"""Of all choices together that stand side by side below a panel."""


def slice_sheet(
    records: Sequence[TrialRecord],
    space: Space,
    objectives: Sequence[Objective],
    order: Sequence[str] = (),
    name: str = "sweep",
) -> Sheet:
    """A panel for each parameter and objective, for the first `MAX_PARAMETERS` of `order`.

    `order` is that of `space` by default. Only complete trials are shown, and of a conditional
    parameter those in which it is active. Trials with one choice are spread beside each other.
    """
    roles = roles_of(records, objectives)
    complete = [record for record in records if roles[record.uid] in _SHOWN]
    title = f"{name}: each parameter against each objective"
    if not complete:
        return Sheet(title, "No trial is complete yet.", ())
    keys = list(order) or list(space)
    panels = [
        _panel(complete, key, space[key], objective, roles)
        for key in keys[:MAX_PARAMETERS]
        for objective in objectives
    ]
    left = len(keys) - MAX_PARAMETERS
    note = left_out(left)
    columns = 4 if len(objectives) == 2 and len(keys) > 1 else len(objectives)
    return Sheet(title, note, tuple(panels), columns)


def _panel(
    complete: Sequence[TrialRecord],
    key: str,
    parameter: Parameter,
    objective: Objective,
    roles: Mapping[str, Role],
) -> Panel:
    active = [record for record in complete if key in record.proposal.point]
    spots = [
        Spot(
            roles[record.uid],
            _place(parameter, record.proposal.point[key], record.proposal.index),
            record.values[objective.name],
            f"{record.uid}: {key} = {say(record.proposal.point[key])}",
        )
        for record in active
    ]
    needed = (spot.y for spot in spots if spot.role in ("front", "baseline"))
    y = objective_scale(objective, needed, (spot.y for spot in spots))
    return Panel("", parameter_scale(key, parameter), y, series_of(spots))


def parameter_scale(key: str, parameter: Parameter) -> Scale:
    """The axis of a parameter: its whole range, in the logarithm where it is searched so."""
    if isinstance(parameter, Choice):
        count = len(parameter.values)
        words = (_cut(say(value), _LETTERS // count) for value in parameter.values)
        ticks = tuple((float(at), word) for at, word in enumerate(words))
        return Scale(key, -0.5, count - 0.5, ticks=ticks)
    low, high = float(parameter.low), float(parameter.high)
    if parameter.log:
        factor = (high / low) ** _MARGIN if high > low else 1.1
        return Scale(key, low / factor, high * factor, is_log=True)
    margin = _MARGIN * (high - low) or 0.5
    return Scale(key, low - margin, high + margin)


def _cut(word: str, letters: int) -> str:
    """`word`, or its begin where it is longer than there is room for."""
    kept = max(letters, 3)
    return word if len(word) <= kept else f"{word[: kept - 1]}…"


def say(value: Scalar) -> str:
    """`value` of a parameter in a few characters."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _place(parameter: Parameter, value: Scalar, index: int) -> float:
    """Where `value` is on its axis; a choice is spread by the trial's `index`, evenly."""
    if isinstance(parameter, Choice):
        return choice_index(parameter, value) + _SPREAD * ((index * _GOLDEN) % 1.0 - 0.5)
    return float(value)


def left_out(count: int) -> str:
    """What is said of `count` parameters that no figure has room for."""
    if count <= 0:
        return ""
    if count == 1:
        return "1 parameter that matters less is left out"
    return f"{count} parameters that matter less are left out"
