"""The ledger's asker for real sweeps: a searcher in a process of its own, and how far ahead."""

from concurrent.futures import Future
from dataclasses import dataclass, field

from pareto_search.searchers.prefetch import Prefetch
from pareto_search.searchers.process import SearcherProcess
from pareto_search.searchers.protocol import Outcome
from pareto_search.space import Point, Scalar

PATIENCE_S = 0.005
"""How long one call waits for a point: most searchers need less, and no result waits longer."""


@dataclass(slots=True)
class ProcessAsker:
    """Asks `process`, and tells `ahead` how long it took. Held: the points not fetched yet."""

    process: SearcherProcess
    ahead: Prefetch
    _asked: dict[int, Future[tuple[dict[str, Scalar], float]]] = field(default_factory=dict)

    def request(self, index: int) -> None:
        """Begin to find a point for trial `index`."""
        self._asked[index] = self.process.ask(index)

    def ready(self, index: int) -> dict[str, Scalar] | None:
        """The point for the requested trial `index`, or None where it takes longer than a moment.

        Raises:
            SearcherError: the searcher has failed.
        """
        try:
            point, seconds = self._asked[index].result(timeout=PATIENCE_S)
        except TimeoutError:
            return None
        del self._asked[index]
        self.ahead.asked(seconds)
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`."""
        self.process.adopt(index, point)

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended."""
        self.process.tell(index, outcome)
