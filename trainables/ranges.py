"""The range of a number: one rule and one wording for configurations and for arguments."""

import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from pydantic.fields import FieldInfo

from trainables.errors import ParameterError

_KINDS: Mapping[Any, str] = {float: "number", int: "whole number", int | None: "whole number"}
_BOUNDS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "ge": ("at least", operator.ge),
    "gt": ("above", operator.gt),
    "le": ("at most", operator.le),
    "lt": ("below", operator.lt),
}


def check_number(name: str, value: float, **bounds: float) -> None:
    """Refuse what is no finite number within all `bounds`: ge, gt, le, lt, as pydantic has them.

    Raises:
        ParameterError: naming the parameter `name`, its range and the value.

    >>> check_number("gamma", -1.0, ge=0)
    Traceback (most recent call last):
    trainables.errors.ParameterError: Parameter `gamma` should be a finite number, at least 0. \
Found `gamma = -1.0`.
    """
    _check(name, value, "finite number", bounds)


def check_whole(name: str, value: int, **bounds: int) -> None:
    """Refuse what is no whole number within all `bounds`: 2.0 is none, and neither is True.

    Raises:
        ParameterError: naming the parameter `name`, its range and the value.

    >>> check_whole("num_shells", 2.5, ge=1)
    Traceback (most recent call last):
    trainables.errors.ParameterError: Parameter `num_shells` should be a whole number, at least 1. \
Found `num_shells = 2.5`.
    """
    _check(name, value, "whole number", bounds)


def check_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Refuse a word that is none of `choices`.

    Raises:
        ParameterError: naming the parameter `name`, what it may be and the value.
    """
    if value not in choices:
        raise ParameterError(
            f"Parameter `{name}` should be one of {list(choices)}. Found `{name} = {value}`."
        )


def range_rule(field: FieldInfo) -> str | None:
    """What a numeric field should be, with every bound; None for a field of another kind.

    >>> from pydantic import Field
    >>> range_rule(FieldInfo(annotation=int))
    'should be a whole number'
    >>> range_rule(FieldInfo.from_annotated_attribute(float, Field(default=1.0, gt=0, le=4)))
    'should be a number, above 0 and at most 4'
    """
    if field.annotation not in _KINDS:
        return None
    kind = _KINDS[field.annotation]
    if not all(getattr(constraint, "allow_inf_nan", True) for constraint in field.metadata):
        kind = f"finite {kind}"
    found = ((key, getattr(item, key, None)) for item in field.metadata for key in _BOUNDS)
    return _in_words(kind, [(key, bound) for key, bound in found if bound is not None])


def _check(name: str, value: float, kind: str, bounds: Mapping[str, float]) -> None:
    # infinity, not isfinite: that overflows on huge integers
    is_right = _is_a(kind, value) and -math.inf < value < math.inf
    if not (is_right and all(_BOUNDS[key][1](value, bound) for key, bound in bounds.items())):
        raise ParameterError(
            f"Parameter `{name}` {_in_words(kind, bounds.items())}. Found `{name} = {value}`."
        )


def _is_a(kind: str, value: object) -> bool:
    wanted = Integral if kind == "whole number" else Real
    return isinstance(value, wanted) and not isinstance(value, bool)


def _in_words(kind: str, bounds: Iterable[tuple[str, float]]) -> str:
    words = " and ".join(f"{_BOUNDS[key][0]} {bound}" for key, bound in bounds)
    return f"should be a {kind}, {words}" if words else f"should be a {kind}"
