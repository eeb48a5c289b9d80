"""What parallel coordinates show, before any library draws them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pareto_search.figures.sheets.roles import LOOKS, Role, roles_of
from pareto_search.figures.sheets.slices import left_out, say
from pareto_search.figures.sheets.spans import objective_scale
from pareto_search.objective import Objective
from pareto_search.searchers.encoding import choice_index
from pareto_search.space import Choice, Parameter, Scalar, Space
from pareto_search.storage.journal import TrialRecord

ABSENT = -0.1
"""Where a line passes an axis whose parameter is inactive in its trial."""
MAX_PARAMETERS = 10
_DRAWN: tuple[Role, ...] = ("constrained", "dominated", "front", "baseline")
_NUM_TICKS = 4
_WIDE = 14
"""Letters of a word that has to be broken."""


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One axis, from 0 to 1 from its low to its high end; `ticks` are places with their words.

    `is_conditional` where lines may pass it at `ABSENT`.
    """

    label: str
    ticks: tuple[tuple[float, str], ...]
    is_conditional: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A trial's place on each axis: in [0, 1], or `ABSENT`; `text` says it in words."""

    uid: str
    role: Role
    places: tuple[float, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ParallelView:
    """Axes from left to right, and lines with those that matter last, which is on top."""

    title: str
    note: str
    axes: tuple[Coordinate, ...]
    lines: tuple[Line, ...]


def parallel_view(
    records: Sequence[TrialRecord],
    space: Space,
    objectives: Sequence[Objective],
    order: Sequence[str] = (),
    name: str = "sweep",
) -> ParallelView:
    """The complete trials over the first `MAX_PARAMETERS` of `order`, then over the objectives.

    `order` is that of `space` by default. An objective's axis shows what matters; worse values
    are at its bad end.
    """
    roles = roles_of(records, objectives)
    drawn = [record for record in records if roles[record.uid] in _DRAWN]
    title = f"{name}: parameters and objectives of the {len(drawn)} complete trials"
    if not drawn:
        return ParallelView(title, "No trial is complete yet.", (), ())
    keys = (list(order) or list(space))[:MAX_PARAMETERS]
    spans = {o.name: _objective_span(o, drawn, roles) for o in objectives}
    axes = [_parameter_axis(key, space[key]) for key in keys]
    axes += [_objective_axis(o, spans[o.name]) for o in objectives]
    lines = [_line(r, roles[r.uid], keys, space, spans) for r in drawn]
    lines.sort(key=lambda line: list(LOOKS).index(line.role))
    left = len(space) - len(keys)
    note = left_out(left)
    return ParallelView(title, note, tuple(axes), tuple(lines))


def _line(
    record: TrialRecord,
    role: Role,
    keys: Sequence[str],
    space: Space,
    spans: Mapping[str, tuple[float, float]],
) -> Line:
    point = record.proposal.point
    places = [_place(space[key], point[key]) if key in point else ABSENT for key in keys]
    for name, (low, high) in spans.items():
        places.append(min(max((record.values[name] - low) / (high - low), 0.0), 1.0))
    words = [record.uid, *(f"{name}: {record.values[name]:.4g}" for name in spans)]
    words += [f"{key} = {say(point[key])}" for key in keys if key in point]
    return Line(record.uid, role, tuple(places), "\n".join(words))


def _place(parameter: Parameter, value: Scalar) -> float:
    """Where `value` is between the ends of its axis."""
    if isinstance(parameter, Choice):
        return (choice_index(parameter, value) + 0.5) / len(parameter.values)
    if parameter.low == parameter.high:
        return 0.5
    low, high, at = float(parameter.low), float(parameter.high), float(value)
    if parameter.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    return (at - low) / (high - low)


def _parameter_axis(key: str, parameter: Parameter) -> Coordinate:
    if isinstance(parameter, Choice):
        ticks = tuple((_place(parameter, value), say(value)) for value in parameter.values)
        return Coordinate(key, ticks, bool(parameter.when))
    values = _ticks(float(parameter.low), float(parameter.high), parameter.log)
    if parameter.type == "int":
        values = sorted({float(round(value)) for value in values})
    exact = [int(v) if parameter.type == "int" else v for v in values]
    ticks = tuple((_place(parameter, v), f"{v:.3g}") for v in exact)
    return Coordinate(key, ticks, bool(parameter.when))


def _objective_axis(objective: Objective, span: tuple[float, float]) -> Coordinate:
    arrow = "↓" if objective.direction == "minimize" else "↑"
    values = _ticks(*span, is_log=False)
    places = [at / (len(values) - 1) for at in range(len(values))]
    words = [f"{value:.3g}" for value in values]
    return Coordinate(f"{objective.name} {arrow}", tuple(zip(places, words, strict=True)))


def _objective_span(
    objective: Objective, drawn: Sequence[TrialRecord], roles: Mapping[str, Role]
) -> tuple[float, float]:
    values = {record.uid: record.values[objective.name] for record in drawn}
    needed = [value for uid, value in values.items() if roles[uid] in ("front", "baseline")]
    scale = objective_scale(objective, needed, values.values())
    return scale.low, scale.high


def _ticks(low: float, high: float, is_log: bool) -> list[float]:
    """Evenly from end to end, in the logarithm where the axis is."""
    if low == high:
        return [low]
    if is_log:
        return [math.exp(value) for value in _ticks(math.log(low), math.log(high), is_log=False)]
    return [low + (high - low) * at / _NUM_TICKS for at in range(_NUM_TICKS + 1)]


def broken(label: str) -> list[str]:
    """`label` in lines that are narrow enough to stand beside those of other axes.

    >>> broken("loss.tau"), broken("interior_error ↓")
    (['loss.', 'tau'], ['interior_', 'error ↓'])
    """
    parts = re.split(r"(?<=\.)", label)
    lines = [re.split("(?<=_)", part) if len(part) > _WIDE else [part] for part in parts]
    return [line for group in lines for line in group]
