"""What the figure of the hypervolume over finished trials shows, before any library draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pareto_search.fronts.configurations import losses_as_known
from pareto_search.fronts.hypervolume import hypervolume, hypervolume_history
from pareto_search.objective import Objective, reference_losses
from pareto_search.storage.journal import TrialRecord


@dataclass(frozen=True, slots=True)
class HistoryView:
    """Hypervolume after 1, 2, ..., N finished trials (`values`, N), and that of the baselines.

    `seconds` (N, or none where they are not known) are those at work until each ended.
    """

    title: str
    note: str
    uids: tuple[str, ...]
    values: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]
    baseline: float | None
    low: float
    high: float


def history_view(
    finished: Sequence[TrialRecord],
    objectives: Sequence[Objective],
    name: str = "sweep",
    repeats: int = 1,
    seconds: Sequence[float] = (),
) -> HistoryView:
    """The view of `finished` trials, in the order in which they ended.

    Stopped and failed trials, and those that break a constraint, are counted and add nothing;
    with `repeats` trials of each configuration the last of them adds their mean. The axis starts
    where the history first leaves 0, so that the later, small steps can be seen.
    """
    losses = losses_as_known(finished, objectives, repeats)
    point = reference_losses(objectives)
    history = hypervolume_history(losses, point)
    is_baseline = np.asarray([r.proposal.baseline for r in finished], dtype=bool)
    baseline = hypervolume(losses[is_baseline], point) if is_baseline.any() else None
    low, high = _limits([v for v in (*history, baseline or 0.0) if v > 0])
    last = f"{history[-1]:.4g}" if len(history) else "none"
    reference = ", ".join(f"{o.name} {o.reference:g}" for o in objectives)
    return HistoryView(
        title=f"{name}: hypervolume {last} after {len(finished)} finished trials",
        note=f"reference point: {reference}",
        uids=tuple(record.uid for record in finished),
        values=history,
        seconds=np.asarray(seconds, dtype=np.float64),
        baseline=baseline,
        low=low,
        high=high,
    )


def _limits(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = float(min(values)), float(max(values))
    margin = 0.08 * (high - low) or 0.05 * high
    return max(0.0, low - margin), high + margin
