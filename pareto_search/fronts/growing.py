"""The front of a sweep as it grows, one finished trial at a time."""

from collections.abc import Sequence

import numpy as np

from pareto_search.fronts.configurations import losses_as_known
from pareto_search.fronts.front import is_on_front
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.objective import Objective, reference_losses
from pareto_search.storage.journal import TrialRecord


class GrowingFront:
    """Holds the front (K x M losses) of the trials added so far, how many, and its hypervolume.

    A configuration of `repeats` trials is added, by its mean, with the last of them. The same
    trials in the same order give the same numbers to the last digit.
    """

    def __init__(self, objectives: Sequence[Objective], repeats: int = 1) -> None:
        """Begin with no trial."""
        self._objectives = tuple(objectives)
        self._reference = reference_losses(objectives)
        self._repeats = repeats
        self._ended: dict[int, list[TrialRecord]] = {}
        self._front = np.empty((0, len(self._objectives)))
        self.count = 0
        self.volume = 0.0

    def __len__(self) -> int:
        return len(self._front)

    def add(self, record: TrialRecord) -> None:
        """The next trial that has ended, however it ended."""
        self.count += 1
        first = record.proposal.index // self._repeats
        group = self._ended.setdefault(first, [])
        group.append(record)
        if len(group) < self._repeats:
            return
        row = losses_as_known(self._ended.pop(first), self._objectives, self._repeats)[-1:]
        if np.isfinite(row).all():
            # what the front dominated before, a member of it still dominates: K rows are enough
            rows = np.vstack([self._front, row])
            self._front = rows[is_on_front(rows)]
            self.volume = max(self.volume, hypervolume(self._front, self._reference))
