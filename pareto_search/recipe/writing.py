"""Plain data as YAML text that YAML 1.1 and 1.2 read alike, and a recipe under its overrides."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from pareto_search.recipe.document import Plain, parse_document, scalar_patterns
from pareto_search.recipe.overrides import apply_overrides, set_value


def write_plain(data: Plain) -> str:
    """`data` in block style, its keys in their order.

    Text that either YAML would take for a number or a truth value is quoted.

    >>> print(write_plain({"kind": "no", "version": "1e3", "low": 1e-07}), end="")
    kind: 'no'
    version: '1e3'
    low: 1.0e-07
    """
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False,
        width=1000,
    )  # fmt: skip
    return text


def recipe_under(path: Path, overrides: Sequence[str], name: str | None) -> str:
    """The text of the recipe at `path`, with `overrides` and `name` laid over it.

    Its own words and comments where nothing is laid over it. It should have been loaded before.
    """
    text = path.read_text(encoding="utf-8")
    if not overrides and name is None:
        return text
    document, _ = apply_overrides(parse_document(text, str(path)), overrides)
    if name is not None:
        set_value(document, ("name",), name, f"--name {name}")
    changes = [f"--set {override}" for override in overrides] + ([f"--name {name}"] if name else [])
    head = "".join(f"#   {' '.join(change.split())}\n" for change in changes)
    return f"# {path.name} with\n{head}{write_plain(document.data)}"


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper (YAML 1.1), that knows the scalars of YAML 1.2 too."""

    def ignore_aliases(self, data: Plain) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Everything is spelt out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Entries of a list stand further in than its key."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
for _tag, _pattern, _first in scalar_patterns():
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)
