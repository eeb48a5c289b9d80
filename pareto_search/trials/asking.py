"""How the ledger gets points from a searcher that may need time for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from pareto_search.searchers.protocol import Outcome, Searcher
from pareto_search.space import Point, Scalar


class Pending(Enum):
    """In place of a proposal: there will be one, but not yet. Ask again soon."""

    WAIT = "wait"


class Asker(Protocol):
    """A searcher that answers when it is ready. No call of it takes long.

    The searcher behind it gets `adopt`, `request` and `tell` **in the order in which they were
    called**, so a point that was requested after k tells knows of exactly k endings: the ledger
    writes that number into the journal, and a replay tells the searcher the same story.
    """

    def request(self, index: int) -> None:
        """Begin to find a point for trial `index`; called once for each."""
        ...

    def ready(self, index: int) -> Mapping[str, Scalar] | None:
        """The point for the requested trial `index`, or None while it is being found.

        A point is given once.
        """
        ...

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`, see `Searcher.adopt`."""
        ...

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended, see `Searcher.tell`."""
        ...


@dataclass(slots=True)
class InlineAsker:
    """Asks `searcher` at once, in this process and thread. Held: points not yet fetched."""

    searcher: Searcher
    _points: dict[int, Mapping[str, Scalar]] = field(default_factory=dict)

    def request(self, index: int) -> None:
        """Find the point for trial `index` now."""
        self._points[index] = self.searcher.ask(index)

    def ready(self, index: int) -> Mapping[str, Scalar] | None:
        """The point for trial `index`."""
        return self._points.pop(index)

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`."""
        self.searcher.adopt(index, point)

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended."""
        self.searcher.tell(index, outcome)
