"""The trial of `orchestration.py`: ZDT1 that takes its time and reports as a training would."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

DIMENSIONS = 5
OBJECTIVES = ("f1", "f2")
OTHERS = 8
"""Metrics of a report besides the objectives."""


def train(params: Mapping[str, Any], report: Callable[..., None], _checkpoint: Any = None) -> None:
    """Report after each of `steps` steps, each of which sleeps for `step_s`, as on a GPU."""
    x = [params[f"x{place}"] for place in range(DIMENSIONS)]
    g = 1.0 + 9.0 * sum(x[1:]) / (DIMENSIONS - 1)
    for step in range(1, params["steps"] + 1):
        time.sleep(params["step_s"])
        excess = 1.0 - step / params["steps"]
        metrics = {"f1": x[0] + excess, "f2": g * (1.0 - math.sqrt(x[0] / g)) + excess}
        others = {f"metric{place}": excess + place for place in range(OTHERS)}
        report({**metrics, **others}, step)
