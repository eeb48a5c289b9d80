"""Declared constraints: an inequality between two arithmetic expressions in named numbers.

The names are dotted keys of parameters or names of metrics; numbers, ``+ - * /`` and brackets may
be mixed with them. Nothing else is evaluated: the text is parsed, never executed.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

_OPERATIONS: Mapping[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


@dataclass(frozen=True)
class Constraint:
    """What `text` states, for example ``gpu_memory_gib <= 40`` or ``2 * a.b >= c``.

    Raises:
        ValueError: the text is no such inequality.
    """

    text: str

    def __post_init__(self) -> None:
        _ = self.names  # reads the text, so that a wrong one is refused here

    @cached_property
    def names(self) -> frozenset[str]:
        """The dotted names it mentions.

        >>> sorted(Constraint("a.b + 2 <= c").names)
        ['a.b', 'c']
        """
        return frozenset(_names(self._excess))

    def violation(self, values: Mapping[str, object]) -> float:
        """By how much `values` break it; at most 0 where they keep to it.

        NaN where a name is missing, is no number, or a division by zero is met.

        >>> Constraint("memory <= 40").violation({"memory": 50.0})
        10.0
        """
        try:
            return float(_value(self._excess, values))
        except (KeyError, TypeError, ZeroDivisionError, OverflowError):
            return math.nan

    @cached_property
    def _excess(self) -> ast.expr:
        """The larger side's excess over the smaller: ``left - right`` for ``left <= right``."""
        return _excess(self.text)


def _excess(text: str) -> ast.expr:
    rule = f"A constraint should read like `memory_gib <= 40`. Found `{text}`."
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ValueError(rule) from error
    if not isinstance(body, ast.Compare) or len(body.ops) != 1:
        raise ValueError(rule)
    left, right = body.left, body.comparators[0]
    if isinstance(body.ops[0], ast.GtE):
        left, right = right, left
    elif not isinstance(body.ops[0], ast.LtE):
        raise ValueError(f"A constraint should use <= or >=. Found `{text}`.")
    excess = ast.BinOp(left, ast.Sub(), right)
    if not _is_arithmetic(excess) or not _names(excess):
        raise ValueError(rule)
    return excess


def _is_arithmetic(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        known = type(node.op) in _OPERATIONS
        return known and _is_arithmetic(node.left) and _is_arithmetic(node.right)
    if isinstance(node, ast.UnaryOp):
        return type(node.op) in _OPERATIONS and _is_arithmetic(node.operand)
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    return bool(_dotted(node))


def _names(node: ast.expr) -> set[str]:
    if isinstance(node, ast.BinOp):
        return _names(node.left) | _names(node.right)
    if isinstance(node, ast.UnaryOp):
        return _names(node.operand)
    name = _dotted(node)
    return {name} if name else set()


def _value(node: ast.expr, values: Mapping[str, object]) -> float:
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp):
        return _OPERATIONS[type(node.op)](_value(node.operand, values))
    found = node.value if isinstance(node, ast.Constant) else values[_dotted(node)]
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TypeError
    return found


def _dotted(node: ast.expr) -> str:
    """The dotted name that `node` spells, or nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = _dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""
