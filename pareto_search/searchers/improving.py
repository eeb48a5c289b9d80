"""What counts as a success of whoever proposed a trial: it moved the front, and not by an inch.

With two objectives few trials are nondominated when they end, and each is a success. With more,
nearly all are (of N points at random, about (ln N)^(M-1) / (M-1)!), which tells the good from the
bad no more: there, a success also adds at least as much hypervolume as the trials of late.
"""

from collections import deque

import moocore
import numpy as np
import numpy.typing as npt

Losses = npt.NDArray[np.float64]

CROWDED = 3
"""From so many objectives on the hypervolume decides."""
RECENT = 20
"""Trials whose median gain is the measure."""
_MARGIN = 0.1
"""How far beyond the nadir the reference lies, in ranges of the front."""


class ImprovingFront:
    """Holds the front (K x M losses) of the trials told so far, and what the last ones added.

    >>> front = ImprovingFront(2)
    >>> [front.improves(row) for row in ([0.0, 1.0], [1.0, 1.0], [1.0, 0.0])]
    [True, False, True]
    """

    def __init__(self, num_objectives: int) -> None:
        """Begin with no trial."""
        self._front: Losses = np.empty((0, num_objectives))
        self._gains: deque[float] = deque(maxlen=RECENT)

    def improves(self, losses: npt.ArrayLike) -> bool:
        """Whether a trial of `losses` (M, finite) is a success; it is kept where nondominated."""
        row = np.asarray(losses, dtype=np.float64)
        is_beaten = bool((self._front <= row).all(axis=1).any())
        is_success = not is_beaten
        if len(row) >= CROWDED:
            gain = 0.0 if is_beaten else self._gain(row)
            is_success = gain > 0 and gain >= float(np.median([*self._gains, gain]))
            self._gains.append(gain)
        if not is_beaten:
            kept = self._front[~(row <= self._front).all(axis=1)]
            self._front = np.vstack([kept, row])
        return is_success

    def _gain(self, row: Losses) -> float:
        """The hypervolume `row` adds, in units of the box from ideal to nadir with it."""
        rows = np.vstack([self._front, row])
        ideal, nadir = rows.min(axis=0), rows.max(axis=0)
        scaled = (rows - ideal) / np.where(nadir > ideal, nadir - ideal, 1.0)
        volume = moocore.Hypervolume(ref=np.full(len(row), 1.0 + _MARGIN))
        before = float(volume(scaled[:-1])) if len(scaled) > 1 else 0.0
        return float(volume(scaled)) - before
