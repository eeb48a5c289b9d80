"""What front and hypervolume curve of many trials cost, and whether they are right."""

import statistics
import time
from collections.abc import Callable, Sequence

import moocore
import numpy as np
import numpy.typing as npt
from driving.rows import Row

from pareto_search.fronts.configurations import losses_as_known
from pareto_search.fronts.front import front_of
from pareto_search.fronts.hypervolume import hypervolume_history
from pareto_search.objective import Objective, reference_losses, to_losses
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.tracking.standing import FrontHistory

OBJECTIVES = (Objective(name="f1", reference=1.1), Objective(name="f2", reference=1.1))
CHECKED = 100
"""Lengths at which the curve is computed again by moocore."""
TIMES = 9

Losses = npt.NDArray[np.float64]


def _uniform(count: int, rng: np.random.Generator) -> Losses:
    return rng.random((count, 2))


def _nearing(count: int, rng: np.random.Generator) -> Losses:
    """Trials that come closer to a convex front, as those of a searcher do."""
    along = rng.random(count)
    away = rng.random(count) / np.sqrt(np.arange(1, count + 1))
    return np.column_stack([along, (1 - np.sqrt(along)) ** 2 + away])


def _all(count: int, rng: np.random.Generator) -> Losses:
    """No trial dominates another: the most that a front can hold."""
    along = rng.permutation(count) / count
    return np.column_stack([along, (1 - np.sqrt(along)) ** 2])


KINDS: dict[str, Callable[[int, np.random.Generator], Losses]] = {
    "uniform": _uniform,
    "nearing a front": _nearing,
    "all on the front": _all,
}


def measure(kind: str, count: int) -> Row:
    """Milliseconds from records to front and curve at once, and one by one; largest error."""
    rows = KINDS[kind](count, np.random.default_rng(0))
    records = [
        TrialRecord(Proposal(n, {"x": n}), TrialState.COMPLETE, {"f1": a, "f2": b})
        for n, (a, b) in enumerate(rows.tolist())
    ]
    at_once = [_timed(lambda: _front_and_curve(records)) for _ in range(TIMES)]
    one_by_one = [_timed(lambda: FrontHistory(OBJECTIVES).add(records)) for _ in range(3)]
    size, curve = _front_and_curve(records)
    return {
        "front": size,
        "at_once_ms": round(statistics.median(at_once), 2),
        "at_once_least_ms": round(min(at_once), 2),
        "one_by_one_ms": round(statistics.median(one_by_one), 1),
        "error": float(f"{_error(records, curve, size):.2g}"),
    }


def _front_and_curve(records: Sequence[TrialRecord]) -> tuple[int, Losses]:
    front = front_of(records, OBJECTIVES)
    losses = losses_as_known(records, OBJECTIVES)
    return len(front), hypervolume_history(losses, reference_losses(OBJECTIVES))


def _error(records: Sequence[TrialRecord], curve: Losses, size: int) -> float:
    """Largest difference from moocore's own computation; infinite where the front is another."""
    losses = to_losses([record.values for record in records], OBJECTIVES)
    reference = reference_losses(OBJECTIVES)
    lengths = np.unique(np.geomspace(1, len(losses), min(CHECKED, len(losses))).astype(int))
    errors = [
        abs(float(moocore.hypervolume(losses[:n], ref=reference)) - curve[n - 1])
        for n in lengths.tolist()
    ]
    is_same = size == int(moocore.is_nondominated(losses, keep_weakly=True).sum())
    return max(errors) if is_same else float("inf")


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - began)
