"""How many distinct points a space has, and all of them where they are few."""

import math
from collections.abc import Iterator

from pareto_search.space import (
    Choice,
    Float,
    Int,
    Parameter,
    Scalar,
    Space,
    is_active,
    parents_first,
)


def count_points(space: Space) -> int | None:
    """The number of distinct points of `space`, exactly; None: there are infinitely many.

    Values that no condition mentions are counted without being gone through.

    >>> kind = Choice(type="choice", values=("a", "b"))
    >>> rank = Int(type="int", low=1, high=3, when={"kind": "a"})
    >>> count_points({"kind": kind, "rank": rank})
    4
    """
    return _count(space, parents_first(space), {})


def all_points(space: Space) -> Iterator[dict[str, Scalar]]:
    """Every distinct point of `space`, which should have finitely many."""
    return _complete(space, parents_first(space), {})


def _count(space: Space, order: list[str], point: dict[str, Scalar]) -> int | None:
    """The ways to complete `point` with the keys of `order`."""
    if not order:
        return 1
    key, *rest = order
    if not is_active(space[key], point):
        return _count(space, rest, point)
    if _is_continuous(space[key]):
        return None
    total = 0
    for value, times in _cases(space, key):
        ways = _count(space, rest, {**point, key: value})
        if ways is None:
            return None
        total += times * ways
    return total


def _complete(
    space: Space, order: list[str], point: dict[str, Scalar]
) -> Iterator[dict[str, Scalar]]:
    if not order:
        yield point
        return
    key, *rest = order
    values = _values(space[key]) if is_active(space[key], point) else None
    for value in values or ():
        yield from _complete(space, rest, {**point, key: value})
    if values is None:
        yield from _complete(space, rest, point)


def _cases(space: Space, key: str) -> Iterator[tuple[Scalar, int]]:
    """The values of `key` that conditions tell apart, each with how many values it stands for."""
    parameter = space[key]
    if not isinstance(parameter, Int):
        yield from ((value, 1) for value in _values(parameter))
        return
    wanted = [w for p in space.values() for w in _listed(p.when.get(key, []))]
    mentioned = {int(w) for w in wanted if not isinstance(w, str) and parameter.contains(w)}
    yield from ((value, 1) for value in sorted(mentioned))
    others = parameter.high - parameter.low + 1 - len(mentioned)
    if others:
        yield math.nan, others  # equal to no value that a condition may mention


def _listed(wanted: Scalar | list[Scalar]) -> list[Scalar]:
    return wanted if isinstance(wanted, list) else [wanted]


def _values(parameter: Parameter) -> Iterator[Scalar]:
    if isinstance(parameter, Choice):
        return iter(parameter.values)
    if isinstance(parameter, Float):
        return iter((parameter.low,))
    return iter(range(parameter.low, parameter.high + 1))


def _is_continuous(parameter: Parameter) -> bool:
    return isinstance(parameter, Float) and parameter.low < parameter.high
