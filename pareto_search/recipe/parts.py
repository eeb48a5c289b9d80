"""The parts of a recipe between which rules hold, and what is found against those rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pareto_search.errors import Problem
from pareto_search.recipe.document import KeyPath, dotted
from pareto_search.space import Parameter, Point

Finding = tuple[KeyPath, Problem]
PartSpace = Mapping[str, Parameter | None]
"""A space in which a parameter that is wrong by itself, so already reported, is None."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is understood of a recipe: objectives by name, space, baselines and so on.

    None stands for what is not known: a name, a number of trials, the text of a constraint, the
    objective that the scheduler judges by.
    """

    names: Sequence[str | None]
    space: PartSpace
    baselines: Sequence[Point] = ()
    trials: int | None = None
    repeats: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)
    constraints: Sequence[str | None] = ()
    aspiration: Sequence[Sequence[float]] = ()
    judged_by: str | None = None


def finding(path: KeyPath, rule: str, found: str, hint: str = "") -> Finding:
    """What was found at `path` against `rule`, with the way out."""
    return path, Problem(rule, found, key=dotted(path), hint=hint)
