"""How trials stand: the history of the front, and the tags that follow from it."""

from collections.abc import Iterable, Sequence

import numpy as np

from pareto_search.fronts.configurations import losses_as_known
from pareto_search.fronts.front import beating_baseline, complete_trials, front_of, is_on_front
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.fronts.knee import knee
from pareto_search.objective import Objective, reference_losses
from pareto_search.storage.journal import TrialRecord
from pareto_search.tracking.client import Measurement
from pareto_search.tracking.naming import to_ms

ON_FRONT = "pareto.on_front"
BEATS_BASELINE = "pareto.beats_baseline"
KNEE = "pareto.knee"


class FrontHistory:
    """Holds the front of the trials added so far (K x M losses), and how many were added.

    The same trials in the same order give the same measurements to the last digit, so a history
    that is written twice is one history in the store.
    """

    def __init__(self, objectives: Sequence[Objective], repeats: int = 1) -> None:
        """Begin with no trial; each configuration is to have `repeats`."""
        self._objectives = tuple(objectives)
        self._repeats = repeats
        self._ended: dict[int, list[TrialRecord]] = {}
        self._reference = reference_losses(objectives)
        self._front = np.empty((0, len(self._objectives)))
        self._volume = 0.0
        self.count = 0

    def add(self, records: Iterable[TrialRecord]) -> list[Measurement]:
        """Hypervolume and front size after each of `records`; the step counts ended trials."""
        return [point for record in records for point in self._add(record)]

    def _add(self, record: TrialRecord) -> list[Measurement]:
        self.count += 1
        first = record.proposal.index // self._repeats
        group = self._ended.setdefault(first, [])
        group.append(record)
        if len(group) == self._repeats:
            row = losses_as_known(self._ended.pop(first), self._objectives, self._repeats)[-1:]
            if np.isfinite(row).all():
                self._extend(row)
        time_ms = ended_ms(record)
        return [
            Measurement("hypervolume", float(f"{self._volume:.12g}"), time_ms, self.count),
            Measurement("front_size", float(len(self._front)), time_ms, self.count),
        ]

    def _extend(self, row: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
        # What the front dominated before, a member of it still dominates: K rows are enough.
        rows = np.vstack([self._front, row])
        self._front = rows[is_on_front(rows)]
        self._volume = max(self._volume, hypervolume(self._front, self._reference))


def standings(
    records: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> dict[str, dict[str, str]]:
    """The tags of each complete trial: on the front, better than the baselines, the knee."""
    front = front_of(records, objectives)
    deepest = knee(front.losses) if len(front) else None
    members = {record.uid for record in front.members}
    better = set(beating_baseline(records, objectives))
    chosen = None if deepest is None else front.members[deepest].uid
    return {
        record.uid: {
            ON_FRONT: _flag(record.uid in members),
            BEATS_BASELINE: _flag(record.uid in better),
            KNEE: _flag(record.uid == chosen),
        }
        for record in complete_trials(records, objectives)
    }


def ended_ms(record: TrialRecord) -> int:
    """When the trial ended, in milliseconds since the epoch.

    Journals of old do not say: there it is a lower bound, as if the trial had never waited.
    """
    return to_ms(record.ended_at or record.proposal.proposed_at + record.elapsed_s)


def _flag(value: bool) -> str:
    return "true" if value else "false"
