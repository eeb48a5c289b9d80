"""How many proposals to ask for before there is a free worker.

Asking ahead keeps workers busy under a slow sampler, but each proposal then knows less: the
results that come between asking and use. So as few are asked ahead as keep the workers busy.
"""

import math
from collections import deque
from statistics import median
from typing import Literal

NEGLIGIBLE = 0.01
"""Part of a trial's time that a worker may wait for its proposal without harm."""

_REMEMBERED = 9


class Prefetch:
    """Holds how long recent proposals and trials took, and when trials ended.

    `most` is the recipe's bound; there are never more than `workers` ahead, and none with one
    worker, whose proposals always know every result.

    >>> ahead = Prefetch("auto", workers=4)
    >>> for second in range(8):
    ...     ahead.asked(1.5)
    ...     ahead.completed(4.0, at=float(second))
    >>> ahead.number  # a trial ends each second, and a proposal takes one and a half
    2
    """

    def __init__(self, most: int | Literal["auto"], workers: int = 1) -> None:
        """The bound `most` holds at once; `workers` may be set later, when it is known."""
        self.workers = workers
        self._most = most
        self._asking_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._trials_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._ends: deque[float] = deque(maxlen=_REMEMBERED)

    def asked(self, seconds: float) -> None:
        """A proposal took `seconds`."""
        self._asking_s.append(seconds)

    def completed(self, seconds: float, at: float) -> None:
        """A trial that took `seconds` ended at the time `at`, in seconds of any clock."""
        self._trials_s.append(seconds)
        self._ends.append(at)

    @property
    def trial_s(self) -> float:
        """How long a trial takes, by the last of them; infinity before one has ended."""
        return median(self._trials_s) if self._trials_s else math.inf

    @property
    def number(self) -> int:
        """How many proposals should be ready before a worker is free."""
        if self.workers == 1 or not self._asking_s or len(self._ends) < 2:
            return 0
        asking_s = median(self._asking_s)
        if asking_s < NEGLIGIBLE * self.trial_s:
            return 0
        most = self.workers if self._most == "auto" else min(self._most, self.workers)
        between_s = (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)
        return most if between_s * most <= asking_s else math.ceil(asking_s / between_s)
