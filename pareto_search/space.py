"""The search space: what may be proposed, and what a proposed point is.

A *point* is a flat mapping of dotted keys to JSON scalars; keys whose condition does not hold
are absent. The nested form is what a trainable gets.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = bool | int | float | str
Point = Mapping[str, Scalar]


Confidence = Literal["low", "medium", "high"]


class _Parameter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    when: dict[str, Scalar | list[Scalar]] = Field(
        default_factory=dict,
        description="Active only where each named parameter has (one of) the given value(s).",
    )
    confidence: Confidence = Field(
        default="medium", description="How much `prior` is trusted: low, medium or high."
    )


class Float(_Parameter):
    """A real parameter in [low, high]; with `log`, uniform in its logarithm."""

    type: Literal["float"]
    low: float = Field(allow_inf_nan=False, description="Smallest value, included.")
    high: float = Field(allow_inf_nan=False, description="Largest value, included.")
    log: bool = Field(default=False, description="Search the logarithm; needs low > 0.")
    prior: float | None = Field(default=None, description="A value that is likely to be good.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_bounds(self.low, self.high, self.log)
        _check_prior(self)
        return self

    def contains(self, value: Scalar) -> bool:
        """Whether `value` is a number in [low, high]."""
        return _is_number(value) and self.low <= value <= self.high


class Int(_Parameter):
    """A whole-number parameter in {low, ..., high}; with `log`, uniform in its logarithm."""

    type: Literal["int"]
    low: int = Field(description="Smallest value, included.")
    high: int = Field(description="Largest value, included.")
    log: bool = Field(default=False, description="Search the logarithm; needs low > 0.")
    prior: int | None = Field(default=None, description="A value that is likely to be good.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_bounds(self.low, self.high, self.log)
        _check_prior(self)
        return self

    def contains(self, value: Scalar) -> bool:
        """Whether `value` is a whole number in [low, high]."""
        return _is_number(value) and value == value // 1 and self.low <= value <= self.high


class Choice(_Parameter):
    """An unordered parameter: one of `values`."""

    type: Literal["choice"]
    values: tuple[Scalar, ...] = Field(min_length=1, description="The admitted values.")
    prior: Scalar | None = Field(default=None, description="A value that is likely to be good.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({(type(value), value) for value in self.values}) < len(self.values):
            raise ValueError(f"`values` should be distinct. Found `values = {list(self.values)}`.")
        _check_prior(self)
        return self

    def contains(self, value: Scalar) -> bool:
        """Whether `value` is one of `values`, of the same type."""
        return any(type(value) is type(v) and value == v for v in self.values)


Parameter = Annotated[Float | Int | Choice, Field(discriminator="type")]
Space = Mapping[str, Parameter]


def is_active(parameter: Parameter, point: Point) -> bool:
    """Whether every condition of `parameter` holds at `point`; true is not 1 here."""
    return all(
        key in point and is_named(wanted, point[key]) for key, wanted in parameter.when.items()
    )


def is_named(wanted: Scalar | list[Scalar], value: Scalar) -> bool:
    """Whether a condition's `wanted`, one value or several, names `value`; true is not 1 here."""
    return any(_equal(value, w) for w in (wanted if isinstance(wanted, list) else [wanted]))


def active(space: Space, values: Point) -> dict[str, Scalar]:
    """`values` without the keys that are inactive; parents are resolved before children.

    >>> kind = Choice(type="choice", values=("a", "b"))
    >>> tau = Float(type="float", low=0, high=1, when={"kind": "a"})
    >>> active({"tau": tau, "kind": kind}, {"kind": "b", "tau": 0.5})
    {'kind': 'b'}
    """
    point: dict[str, Scalar] = {}
    for key in parents_first(space):
        if key in values and is_active(space[key], point):
            point[key] = values[key]
    return point


def contains(space: Space, point: Point) -> bool:
    """Whether `point` has exactly the active keys of `space`, each within its range."""
    wanted = {key for key, parameter in space.items() if is_active(parameter, point)}
    return set(point) == wanted and all(space[key].contains(point[key]) for key in point)


def parents_first(space: Space) -> list[str]:
    """The keys of `space`, each after the keys its condition names (kept order otherwise).

    Raises:
        ValueError: a condition names an unknown key, or conditions form a circle.
    """
    order: list[str] = []
    waiting = list(space)
    while waiting:
        ready = [key for key in waiting if all(k in order for k in space[key].when)]
        if not ready:
            raise ValueError(f"Conditions of {waiting} name unknown keys or form a circle.")
        order += ready
        waiting = [key for key in waiting if key not in order]
    return order


def nest(point: Point, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The nested form of `point`, laid over a deep copy of `base`.

    >>> nest({"fuzzy.width_mm": 2.0}, {"fuzzy": {"strength": 1.0}})
    {'fuzzy': {'strength': 1.0, 'width_mm': 2.0}}
    """
    nested: dict[str, Any] = json.loads(json.dumps(base or {}))
    for key, value in point.items():
        *path, leaf = key.split(".")
        node = nested
        for part in path:
            if not isinstance(node.get(part), dict):
                node[part] = {}
            node = node[part]
        node[leaf] = value
    return nested


def digest(point: Point) -> str:
    """Twelve hexadecimal digits that two points share exactly when they are equal.

    2 and 2.0 are equal; true and 1 are not.

    >>> digest({"a": 2, "b": "x"}) == digest({"b": "x", "a": 2.0})
    True
    """
    text = json.dumps({key: _canonical(value) for key, value in point.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _equal(a: Scalar, b: Scalar) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _canonical(value: Scalar) -> Scalar:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_number(value: Scalar) -> TypeGuard[int | float]:
    """Whether `value` is a finite number; an int of any length is."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _check_bounds(low: float, high: float, log: bool) -> None:
    if low > high:
        raise ValueError(
            f"`low` should be at most `high`. Found `low = {low}` and `high = {high}`."
        )
    if log and low <= 0:
        raise ValueError(f"`low` should be above 0 where `log` is true. Found `low = {low}`.")


def _check_prior(parameter: Float | Int | Choice) -> None:
    if parameter.prior is not None and not parameter.contains(parameter.prior):
        raise ValueError(
            "`prior` should be a value that the parameter may have. "
            f"Found `prior = {json.dumps(parameter.prior)}`."
        )
