"""Which of several proposers is asked next: by Thompson sampling of their recent successes.

Thompson (1933), doi:10.1093/biomet/25.3-4.285, with discounted counts, since what succeeds early in
a search need not succeed late: Raj and Kalyani (2017), arXiv:1707.09727.
"""

from collections.abc import Sequence

import numpy as np

MEMORY = 0.95
"""What a success or failure counts for after one more trial ended: half after 14."""


class Credit:
    """Holds the discounted successes and failures of each name.

    >>> credit = Credit(["good", "bad"])
    >>> for _ in range(40):
    ...     credit.note("good", is_success=True)
    ...     credit.note("bad", is_success=False)
    >>> draws = [credit.choose(["good", "bad"], np.random.default_rng(n)) for n in range(100)]
    >>> draws.count("good") > 95
    True
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._successes = dict.fromkeys(names, 0.0)
        self._failures = dict.fromkeys(names, 0.0)
        self._is_noted = False

    def choose(self, names: Sequence[str], generator: np.random.Generator) -> str:
        """One of `names`: the best of a draw from each one's posterior, whose prior is uniform."""
        chances = [
            generator.beta(1 + self._successes[name], 1 + self._failures[name]) for name in names
        ]
        return names[int(np.argmax(chances))]

    def favour(self, name: str, successes: float) -> None:
        """Believe of `name` that it had so many `successes` at least, until an end is noted."""
        if not self._is_noted:
            self._successes[name] = max(self._successes[name], successes)

    def note(self, name: str, *, is_success: bool) -> None:
        """A trial that `name` proposed has ended; all that was noted before counts for less."""
        self._is_noted = True
        for counts in (self._successes, self._failures):
            for other in counts:
                counts[other] *= MEMORY
        (self._successes if is_success else self._failures)[name] += 1
