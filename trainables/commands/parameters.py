"""Nested parameters of a training run from a YAML file and ``--set`` overrides.

Numbers are read as YAML 1.2 reads them: ``1e-3`` is a number, where PyYAML's default, YAML 1.1,
makes it text. A key that is written twice is refused: YAML would keep the last one silently.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from trainables.errors import ParameterError

_FLOAT = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)


def load_parameters(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The nested parameters of the file at `path`, with each of `overrides` laid over them.

    An override reads ``key=value``, the key dotted, the value YAML; later ones win.

    Raises:
        ParameterError: the file is missing, is no YAML mapping, repeats a key, is the recipe of
            a whole sweep, or an override does not read ``key=value``.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"File {path} should be readable text. Found: {error}.") from error
    params = parse_yaml(text, str(path))
    params = {} if params is None else params
    if not isinstance(params, dict):
        raise ParameterError(f"File {path} should hold a mapping. Found {type(params).__name__}.")
    if {"space", "trainable"} <= params.keys():
        raise ParameterError(
            f"File {path} should hold the parameters of one training run. Found the recipe of a "
            f"sweep: run it with `pareto-search run {path}`, or keep what is below `params` only."
        )
    for override in overrides:
        apply_override(params, override)
    return params


def parse_yaml(text: str, source: str) -> object:
    """The plain value that `text`, which came from `source`, means.

    Raises:
        ParameterError: it is not YAML or repeats a key, with line and column from 1.

    >>> parse_yaml("{learning_rate: 1e-3, epochs: 12}", "example")
    {'learning_rate': 0.001, 'epochs': 12}
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
        raise ParameterError(f"{place}: this should be YAML. Found: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise ParameterError(f"{source} should be YAML. Found: {error}.") from error


def apply_override(params: dict[str, Any], override: str) -> None:
    """Put the value of ``key=value`` at its dotted key of `params`, which is changed.

    >>> params = {"loss": {"tau": 1.0}}
    >>> apply_override(params, "loss.tau=1e-2")
    >>> params
    {'loss': {'tau': 0.01}}

    Raises:
        ParameterError: there is no key or no ``=``, or the key leads through a single value.
    """
    key, equals, value = override.partition("=")
    *path, leaf = key.strip().split(".")
    if not equals or not all([*path, leaf]):
        raise ParameterError(f"An override should read key=value. Found `{override}`.")
    node = params
    for part in path:
        if node.get(part) is None:
            node[part] = {}
        node = node[part]
        if not isinstance(node, dict):
            raise ParameterError(
                f"An override should name a key of a mapping. Found `{override}`, where `{part}` "
                "holds a single value."
            )
    node[leaf] = parse_yaml(value, f"--set {override}")


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the floats of YAML 1.2, and with each key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode) and key.value != "<<":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
