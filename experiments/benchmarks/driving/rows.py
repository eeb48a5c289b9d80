"""Raw results: one JSON line each, and what is there is not run again."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]


def quantiles(seconds: Sequence[float]) -> Row:
    """Milliseconds: median, 99th percentile and the largest of `seconds`."""
    ms = 1e3 * np.asarray(seconds)
    return {
        "p50_ms": round(float(np.median(ms)), 3),
        "p99_ms": round(float(np.percentile(ms, 99)), 3),
        "max_ms": round(float(ms.max()), 3),
    }


def read_rows(file: Path) -> list[Row]:
    """Every row of `file`."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def add_row(file: Path, key: Mapping[str, Any], measure: Callable[[], Row]) -> None:
    """Append the row `key` with what `measure` finds, unless `file` has one of that key."""
    if any(all(row.get(k) == v for k, v in key.items()) for row in read_rows(file)):
        return
    row = {**key, **measure(), "load": round(os.getloadavg()[0], 1)}
    with file.open("a") as out:
        out.write(json.dumps(row, separators=(",", ":")) + "\n")
    print({k: v for k, v in row.items() if not isinstance(v, list)}, flush=True)
