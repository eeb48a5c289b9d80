"""Keys and values as MLflow accepts them."""

import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from pareto_search.storage.reports import ReportLine
from pareto_search.tracking.client import Measurement

_MAX_KEY_LENGTH = 250
_ILLEGAL = re.compile(r"[^/\w.\- :]", re.ASCII)


def legal_key(name: str) -> str:
    """`name` where MLflow accepts it, else a legal key that no other name shares.

    MLflow accepts letters, digits, ``_ - . : /`` and spaces, as a normal relative path.

    >>> legal_key("dice/WT"), legal_key("dice@WT")
    ('dice/WT', 'dice_WT-b328')
    """
    legal = _ILLEGAL.sub("_", name)
    if posixpath.normpath(legal) != legal or legal.startswith(("..", "/")) or legal == ".":
        legal = legal.replace("/", "_").strip(".") or "_"
    if legal == name and len(name) <= _MAX_KEY_LENGTH:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:4]
    return f"{legal[: _MAX_KEY_LENGTH - 5]}-{mark}"


def measurements(metrics: Mapping[str, Any], step: int, time_ms: int) -> list[Measurement]:
    """Every number among `metrics`. NaN stays NaN; MLflow stores infinity as the largest float."""
    return [
        Measurement(legal_key(key), float(value), time_ms, step)
        for key, value in metrics.items()
        if isinstance(value, int | float)
    ]


def reported(line: ReportLine) -> list[Measurement]:
    """What the report `line` measured, at its own time."""
    return measurements(line.metrics, line.step, to_ms(line.time))


def params_of(nested: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """`nested` as flat params: dotted keys, text as it is, everything else as JSON.

    >>> params_of({"fuzzy": {"width_mm": 2.0}, "loss.kind": "plain"})
    {'fuzzy.width_mm': '2.0', 'loss.kind': 'plain'}
    """
    flat: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat |= params_of(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            flat[legal_key(prefix + key)] = text
    return flat


def to_ms(seconds: float) -> int:
    """Seconds since the epoch as the whole milliseconds MLflow counts in, never below 0."""
    return max(0, round(seconds * 1000))
