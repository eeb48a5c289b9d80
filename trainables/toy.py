"""Analytic problems as trainables, in milliseconds: to try a search, and to test its faults.

Zitzler, Deb and Thiele (2000), Comparison of multiobjective evolutionary algorithms: empirical
results, Evolutionary Computation 8(2), doi:10.1162/106365600568202. With x0..x{d-1} in [0, 1]
and g = 1 + 9 mean(x1, ..., x{d-1}), both objectives minimised:

- ZDT1: f1 = x0, f2 = g (1 - sqrt(f1 / g)); front g = 1, convex;
- ZDT2: f1 = x0, f2 = g (1 - (f1 / g)^2); front g = 1, concave.
"""

import difflib
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

from trainables.errors import ParameterError
from trainables.report import Report

STATE = "state.json"
"""Name of the one file of a checkpoint: ``{"step": n}``, the last step that was reported."""

Params = Mapping[str, Any]


def zdt1(params: Params, report: Report, checkpoint: Path | None) -> None:  # noqa: ARG001
    """Report ZDT1's `f1` and `f2` at `params` (x0, x1, ...) once, as step 1.

    Raises:
        ParameterError: see `check`.
    """
    _refuse_unknown(params, known=())
    x = _coordinates(params)
    g = _distance(x)
    report({"f1": x[0], "f2": g * (1.0 - math.sqrt(x[0] / g))}, 1)


def check(params: Params) -> list[str]:
    """What is wrong with `params` of `zdt1`, one sentence each, before anything is started.

    Wrong is a key other than x0..x{d-1} (and ``seed``, which a host always gives), fewer than two
    of them, one left out, or a value that is not a number in [0, 1]. A host finds this function as
    ``zdt1.check``: a trainable's hooks hang on the trainable.

    >>> check({"x0": 0.5, "x1": 0.5})
    []
    """
    try:
        _refuse_unknown(params, known=())
    except ParameterError as error:
        return [str(error)]
    return []


zdt1.check = check  # type: ignore[attr-defined]  # functions take attributes; mypy knows none


def zdt2(params: Params, report: Report, checkpoint: Path | None) -> None:
    """Report ZDT2's `f1` and `f2` after each of `epochs` steps (default 5), as if learning.

    Both start too large and fall to their true values: ``f + 1 - step / epochs``. `sleep_s`
    (default 0) passes before each report. A checkpoint holds the step alone, and the run goes
    on with the next one.

    Raises:
        ParameterError: as `check`, with `epochs` at least 1 and `sleep_s` at least 0 besides.
    """
    _refuse_unknown(params, known=("epochs", "sleep_s"))
    for step, losses in _learning(params, checkpoint):
        report(losses, step, partial(_save, step))


def flaky(params: Params, report: Report, checkpoint: Path | None) -> None:
    """Learn as `zdt2` does, but fail at step `at_step` (default 1) in the way of `mode`.

    - ``ok`` (default): do not fail.
    - ``raise``: RuntimeError instead of the report.
    - ``nan``: report `f2` as NaN, and return.
    - ``missing``: report `f1` alone, and return.
    - ``silent``: return instead of the report.
    - ``exit``: end the process instead of the report, as a crash or a lost worker would.

    With `once` (default false) a run that starts from a checkpoint does not fail.

    Raises:
        ParameterError: as `zdt2`; or an unknown mode.
        RuntimeError: `mode` is ``raise``.
    """
    _refuse_unknown(params, known=("epochs", "sleep_s", "mode", "at_step", "once"))
    is_well = bool(params.get("once", False)) and checkpoint is not None
    mode = "ok" if is_well else _mode(params)
    for step, losses in _learning(params, checkpoint):
        if mode != "ok" and step == params.get("at_step", 1):
            _fail(mode, losses, step, report)
            return
        report(losses, step, partial(_save, step))


def _fail(mode: str, losses: Mapping[str, float], step: int, report: Report) -> None:
    if mode == "raise":
        raise RuntimeError(f"Failing at step {step}, as asked.")
    if mode == "exit":
        os._exit(1)
    if mode == "nan":
        report({**losses, "f2": math.nan}, step)
    if mode == "missing":
        report({"f1": losses["f1"]}, step)


def _learning(params: Params, checkpoint: Path | None) -> Iterator[tuple[int, dict[str, float]]]:
    """The steps still to do, each with its losses."""
    epochs = _at_least(params, "epochs", default=5, least=1)
    sleep_s = _at_least(params, "sleep_s", default=0, least=0)
    x = _coordinates(params)
    g = _distance(x)
    for step in range(_last_step(checkpoint) + 1, int(epochs) + 1):
        time.sleep(sleep_s)
        excess = 1.0 - step / int(epochs)
        yield step, {"f1": x[0] + excess, "f2": g * (1.0 - (x[0] / g) ** 2) + excess}


def _save(step: int, directory: Path) -> None:
    (directory / STATE).write_text(json.dumps({"step": step}))


def _last_step(checkpoint: Path | None) -> int:
    if checkpoint is None:
        return 0
    return int(json.loads((checkpoint / STATE).read_text())["step"])


def _distance(x: list[float]) -> float:
    """The g of the formulas, at least 1, and 1 on the front."""
    return 1.0 + 9.0 * sum(x[1:]) / (len(x) - 1)


def _coordinates(params: Params) -> list[float]:
    """Every x of `params`, in order."""
    return [float(params[f"x{place}"]) for place in range(sum(_is_coordinate(k) for k in params))]


def _refuse_unknown(params: Params, known: tuple[str, ...]) -> None:
    known = (*known, "seed")
    names = [key for key in params if _is_coordinate(key)]
    wanted = [f"x{place}" for place in range(max(len(names), 2))]
    for key in params:
        if key not in known and key not in wanted:
            nearest = difflib.get_close_matches(key, [*known, *wanted], n=1, cutoff=0.0)[0]
            raise ParameterError(f"Unknown parameter `{key}`. The nearest known is `{nearest}`.")
    for key in wanted:
        value = params.get(key)
        if not _is_number(value) or not 0 <= value <= 1:
            raise ParameterError(
                f"Parameter `{key}` should be a number in [0, 1]. Found `{key} = {value}`."
            )


def _is_coordinate(key: str) -> bool:
    return key[:1] == "x" and key[1:].isdecimal()


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _mode(params: Params) -> str:
    modes = ("ok", "raise", "nan", "missing", "silent", "exit")
    mode = params.get("mode", "ok")
    if mode not in modes:
        raise ParameterError(f"Parameter `mode` should be one of {modes}. Found `mode = {mode}`.")
    return str(mode)


def _at_least(params: Params, key: str, default: float, least: float) -> float:
    value = params.get(key, default)
    if not _is_number(value) or not value >= least:
        raise ParameterError(
            f"Parameter `{key}` should be a number of at least {least}. Found `{key} = {value}`."
        )
    return float(value)
