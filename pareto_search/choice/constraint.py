"""Bounds on objectives, as `pick --where` states them."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

from pareto_search.errors import Problem, RecipeError
from pareto_search.nearest import nearest_hint
from pareto_search.objective import Objective

_RELATIONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(r"\s*(?P<name>[^<>=\s]+)\s*(?P<relation><=|>=|<|>)\s*(?P<bound>\S+)\s*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """Objective `name`, in its own direction and unit, stands in `relation` to `bound`."""

    name: str
    relation: str
    bound: float

    def __str__(self) -> str:
        return f"{self.name} {self.relation} {self.bound:g}"

    def holds(self, values: Mapping[str, float]) -> bool:
        """Whether `values` keep to the bound."""
        return _RELATIONS[self.relation](values[self.name], self.bound)


def parse_constraint(text: str, objectives: Sequence[Objective]) -> Constraint:
    """The constraint that `text` states.

    >>> error = Objective(name="error", reference=1.0)
    >>> parse_constraint("error <= 0.1", [error])
    Constraint(name='error', relation='<=', bound=0.1)

    Raises:
        RecipeError: it is not of the form ``NAME<=NUMBER``, or names no objective.
    """
    match = _FORM.fullmatch(text)
    bound = finite(match["bound"]) if match else None
    if match is None or bound is None:
        raise bad_flag(
            "--where",
            "should be an objective, one of <= >= < > and a number.",
            f"Found `{text}`.",
            f'For example --where "{objectives[0].name}<=0.1".',
        )
    check_objective("--where", match["name"], objectives)
    return Constraint(match["name"], match["relation"], bound)


def check_objective(flag: str, name: str, objectives: Sequence[Objective]) -> None:
    """Raise a `RecipeError` naming the nearest objective unless `name` is one."""
    names = [objective.name for objective in objectives]
    if name not in names:
        hint = nearest_hint(name, names)
        raise bad_flag(flag, "should name an objective of the sweep.", f"Found `{name}`.", hint)


def check_numbers(flag: str, numbers: object) -> None:
    """Raise a `RecipeError` unless `numbers`, which Python code may have made, is what it says."""
    rule, hint = "should be a number by the name of each objective.", "For example {'f1': 0.2}."
    if not isinstance(numbers, Mapping):
        raise bad_flag(flag, rule, f"Found {numbers!r}.", hint)
    for name, number in numbers.items():
        if not isinstance(number, Real):
            raise bad_flag(flag, rule, f"Found {number!r} for `{name}`.", hint)


def finite(text: str) -> float | None:
    """The finite number that `text` spells, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def bad_flag(flag: str, rule: str, found: str, hint: str) -> RecipeError:
    """The error for a flag that cannot be used."""
    return RecipeError([Problem(key=flag, rule=rule, found=found, hint=hint)])
