"""Rules for the `constraints` of a recipe: each is on the space alone, or on metrics alone."""

import difflib
from collections.abc import Iterator

from pareto_search.constraint import Constraint
from pareto_search.nearest import nearest_hint
from pareto_search.recipe.document import KeyPath
from pareto_search.recipe.parts import Finding, Parts, finding
from pareto_search.space import Parameter

_ALIKE = 0.85
"""A metric whose name is this much like a parameter's is a slip of the pen."""


def broken_constraints(parts: Parts) -> Iterator[Finding]:
    """Everything wrong with the constraints among `parts`."""
    for i, text in enumerate(parts.constraints):
        path = ("constraints", i)
        try:
            constraint = Constraint(text or "")
        except ValueError as error:
            rule, _, found = str(error).partition(" Found ")
            if text is not None:
                yield finding(path, rule, f"Found {found}")
            continue
        if constraint.names <= set(parts.space):
            yield from _of_parameters(path, constraint, parts)
        else:
            yield from _of_metrics(path, constraint, parts)


def _of_parameters(path: KeyPath, constraint: Constraint, parts: Parts) -> Iterator[Finding]:
    for name in sorted(constraint.names):
        parameter = parts.space[name]
        if parameter is not None and not _is_numeric(parameter):
            rule = "A constraint should be on numbers."
            yield finding(path, rule, f"Found `{name}`, whose values are not.")
    for i, point in enumerate(parts.baselines):
        if constraint.violation(point) > 0:
            rule = "Each baseline should keep to the constraints on the space."
            yield finding(("baselines", i), rule, f"Found one against `{constraint.text}`.")


def _of_metrics(path: KeyPath, constraint: Constraint, parts: Parts) -> Iterator[Finding]:
    searched = sorted(constraint.names & set(parts.space))
    for name in sorted(constraint.names - set(parts.space)):
        if searched:
            yield _mixed(path, name, searched[0], parts)
        elif name in parts.names:
            continue
        elif _is_fixed(name, parts):
            rule = "A constraint should be on what is searched or reported."
            yield finding(path, rule, f"Found `{name}`, which `params` fixes.", "Leave it out.")
        elif near := difflib.get_close_matches(name, list(parts.space), n=1, cutoff=_ALIKE):
            rule = "A metric should not be named almost like a parameter."
            hint = f"Did you mean `{near[0]}`? Else give the metric another name."
            yield finding(path, rule, f"Found `{name}`, no parameter of the space.", hint)


def _mixed(path: KeyPath, name: str, key: str, parts: Parts) -> Finding:
    near = "" if name in parts.names else nearest_hint(name, parts.space) + " "
    return finding(
        path,
        "A constraint should be on parameters of the space alone, or on metrics alone.",
        f"Found `{name}` beside the parameter `{key}`.",
        f"{near}Where both are meant, let the trainable report the sum or ratio as one metric.",
    )


def _is_numeric(parameter: Parameter) -> bool:
    values = parameter.values if parameter.type == "choice" else (1.0,)
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _is_fixed(name: str, parts: Parts) -> bool:
    node: object = parts.params
    for part in name.split("."):
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True
