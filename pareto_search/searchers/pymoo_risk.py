"""Which points would likely fail: those whose nearest trial did.

A failed trial has no values from which a survival rule could learn, and children of the best
trials lie where it failed if the front runs along that edge. The nearest neighbour's rule is Cover
and Hart's (1967), doi:10.1109/TIT.1967.1053964.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pymoo.core.variable import Choice

from pareto_search.searchers.pymoo_genes import GeneCode, Genes

_TRIES = 8
"""Points drawn for one trial before a risky one is accepted."""


class Risk:
    """Holds the genes of all trials that completed or failed for their points, N x D."""

    def __init__(self, code: GeneCode) -> None:
        self._free = code.free
        self._is_choice = np.array(
            [isinstance(code.variables[k], Choice) for k in code.free], dtype=bool
        )
        self._known: npt.NDArray[np.float64] = np.empty((0, len(code.free)))
        self._has_failed: list[bool] = []

    def note(self, genes: Genes, *, has_failed: bool) -> None:
        """A trial with `genes` ended: complete, or failed because of its point."""
        self._known = np.vstack([self._known, self._row(genes)])
        self._has_failed.append(has_failed)

    def least(self, draw: Callable[[], Genes]) -> Genes:
        """The first from `draw` whose nearest trial completed, or else the last drawn."""
        for _ in range(_TRIES - 1):
            genes = draw()
            if not self._is_risky(genes):
                return genes
        return draw()

    def _is_risky(self, genes: Genes) -> bool:
        """Whether the nearest trial failed, where some failed and some completed."""
        if any(self._has_failed) and not all(self._has_failed):
            gaps = self._known - self._row(genes)
            gaps[:, self._is_choice] = gaps[:, self._is_choice] != 0
            return self._has_failed[int(np.argmin((gaps**2).sum(axis=1)))]
        return False

    def _row(self, genes: Genes) -> npt.NDArray[np.float64]:
        return np.array([float(genes[key]) for key in self._free])
