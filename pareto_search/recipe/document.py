"""A YAML document whose every key and value knows where it was written.

Scalars are read as YAML 1.2 reads them (`1e-3` is a number, `yes` and `2024-01-31` are text),
not as PyYAML's default, which is YAML 1.1. Keys are always text. Values are what JSON has.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from pareto_search.errors import Problem, RecipeError

KeyPath = tuple[str | int, ...]
"""Keys of mappings and indices of lists, from the root."""

Plain: TypeAlias = Any
"""What JSON has: text, number, true, false, null, or a list or mapping of these."""

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand, each as ``source:line:column`` from 1."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Document:
    """Plain `data`, and the place of each entry in it; the root's path is ()."""

    data: Plain
    places: dict[KeyPath, Place]

    def where(self, path: KeyPath, *, of_key: bool = False) -> str:
        """The place of the value at `path` (or of its key), or of what was written around it."""
        while path and path not in self.places:
            path, of_key = path[:-1], True
        place = self.places[path]
        return place.key if of_key else place.value

    def get(self, path: KeyPath) -> Plain:
        """The value at `path`; None where there is none."""
        node = self.data
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node


def parse_document(text: str, source: str) -> Document:
    """Read `text`, which came from the file named `source`; its root should be a mapping.

    Raises:
        RecipeError: it is not YAML, not a mapping, or holds duplicate keys or foreign tags.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise RecipeError([_syntax_problem(error, source)]) from None
    if not isinstance(node, yaml.MappingNode):
        raise RecipeError([_not_a_mapping(node, source)])
    builder = _Builder(source)
    data = builder.build(node, (), node)
    if builder.problems:
        raise RecipeError(builder.problems)
    return Document(data, builder.places)


def parse_value(text: str) -> Plain:
    """The plain value that `text` means in YAML.

    Raises:
        ValueError: it is not YAML, or holds duplicate keys or foreign tags.

    >>> parse_value("{low: 1e-3, kind: no}")
    {'low': 0.001, 'kind': 'no'}
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(_complaint(error)) from None
    if node is None:
        return None
    builder = _Builder("value")
    data = builder.build(node, (), node)
    if builder.problems:
        raise ValueError(builder.problems[0].found)
    return data


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute


_SCALARS = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}


def scalar_patterns() -> list[tuple[str, re.Pattern[str], list[str]]]:
    """Each kind of plain scalar of YAML 1.2: its tag, what it looks like, what it begins with."""
    return [
        (_TAG + name, re.compile(rf"(?:{pattern})\Z"), first)
        for name, (pattern, first) in _SCALARS.items()
    ]


for _tag, _pattern, _first in scalar_patterns():
    _Loader.add_implicit_resolver(_tag, _pattern, _first)


@dataclass(slots=True)
class _Builder:
    """Turns nodes into plain data; collects places and problems on the way."""

    source: str
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _open: list[yaml.Node] = field(default_factory=list)

    def build(self, node: yaml.Node, path: KeyPath, key: yaml.Node) -> Plain:
        """The data of `node`, which stands at `path` behind `key`."""
        self.places[path] = Place(self._at(key), self._at(node))
        if any(node is parent for parent in self._open):
            return self._refuse(node, path, "No value should contain itself.", "an alias to it")
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
                return [self.build(n, (*path, i), n) for i, n in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, path, "A key should be text.", "a list or mapping as key")
            elif key.value in data:
                first = self.places[(*path, key.value)].key
                self._refuse(
                    key, (*path, key.value), "A key should be given once.", f"it also at {first}"
                )
            else:
                data[key.value] = self.build(value, (*path, key.value), key)
        return data

    def _scalar(self, node: yaml.Node, path: KeyPath) -> Plain:
        try:
            return _value(node.tag.removeprefix(_TAG), node.value)
        except (KeyError, ValueError):  # a foreign tag, or one that does not fit what it is on
            rule = "A value should be text, a number, true, false or null."
            return self._refuse(node, path, rule, f"`{node.tag} {node.value!s:.40}`")

    def _refuse(self, node: yaml.Node, path: KeyPath, rule: str, found: str) -> None:
        self.problems.append(
            Problem(rule, f"Found {found}.", key=dotted(path), where=self._at(node))
        )

    def _at(self, node: yaml.Node) -> str:
        return f"{self.source}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def dotted(path: Sequence[str | int]) -> str:
    """`path` as it is written in messages and overrides.

    >>> dotted(("objectives", 0, "name"))
    'objectives.0.name'
    """
    return ".".join(map(str, path))


def _value(kind: str, text: Plain) -> Plain:
    if not isinstance(text, str):
        raise ValueError(kind)
    if kind == "int":
        return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)
    if kind == "float":
        return _float(text.lower())
    return {"str": text, "bool": text.lower() == "true", "null": None}[kind]


def _float(text: str) -> float:
    if text.endswith(".inf"):
        return -math.inf if text.startswith("-") else math.inf
    return math.nan if text == ".nan" else float(text)


def _not_a_mapping(node: yaml.Node | None, source: str) -> Problem:
    found = "an empty file" if node is None else "a list or a single value"
    rule = "A recipe should be a mapping of keys to values."
    hint = "`pareto-search init` writes one to start from."
    return Problem(rule, f"Found {found}.", hint=hint, where=source)


def _syntax_problem(error: yaml.YAMLError, source: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
    rule = "A recipe should be valid YAML."
    hint = "Look for a missing colon, quote or bracket, or a tab, here or just before."
    return Problem(rule, f"Found: {_complaint(error)}.", hint=hint, where=where)


def _complaint(error: yaml.YAMLError) -> str:
    text = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return str(text).splitlines()[0]
