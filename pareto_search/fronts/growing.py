"""The front of a sweep as it grows, one finished trial at a time."""

from collections.abc import Sequence

import numpy as np

from pareto_search.fronts.configurations import loss_of, losses_as_known
from pareto_search.fronts.front import is_on_front
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.fronts.staircase import Row, Staircase
from pareto_search.objective import Objective, reference_losses
from pareto_search.storage.journal import TrialRecord


class GrowingFront:
    """Holds the front of the trials added so far, how many, and its hypervolume.

    A configuration of `repeats` trials is added, by its mean, with the last of them. The same
    trials in the same order give the same numbers to the last digit.
    """

    def __init__(self, objectives: Sequence[Objective], repeats: int = 1) -> None:
        """Begin with no trial."""
        self._objectives = tuple(objectives)
        self._repeats = repeats
        self._ended: dict[int, list[TrialRecord]] = {}
        reference = tuple(reference_losses(objectives).tolist())
        self._rows = Staircase(reference) if len(reference) == 2 else _Rows(reference)
        self.count = 0

    @property
    def volume(self) -> float:
        """The hypervolume."""
        return self._rows.area

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, record: TrialRecord) -> None:
        """The next trial that has ended, however it ended."""
        self.count += 1
        row = self._row(record)
        if row is not None:
            self._rows.add(row)

    def _row(self, record: TrialRecord) -> Row | None:
        """What `record` adds to the front; None: nothing, or not yet."""
        if self._repeats == 1:
            return loss_of(record, self._objectives)
        first = record.proposal.index // self._repeats
        group = self._ended.setdefault(first, [])
        group.append(record)
        if len(group) < self._repeats:
            return None
        row = losses_as_known(self._ended.pop(first), self._objectives, self._repeats)[-1]
        return tuple(row.tolist()) if np.isfinite(row).all() else None


class _Rows:
    """Holds the front of three losses or more (K x M), and its volume."""

    def __init__(self, reference: Row) -> None:
        self._reference = reference
        self._front = np.empty((0, len(reference)))
        self.area = 0.0

    def __len__(self) -> int:
        return len(self._front)

    def add(self, new: Row) -> None:
        # what the front dominated before, a member of it still dominates: K rows are enough
        rows = np.vstack([self._front, new])
        kept = is_on_front(rows)
        if kept[-1]:
            self._front = rows[kept]
            self.area = max(self.area, hypervolume(self._front, self._reference))
