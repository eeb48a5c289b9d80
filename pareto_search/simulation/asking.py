"""The ledger's asker under a virtual clock: a searcher beside the sweep, that takes its time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pareto_search.searchers.prefetch import Prefetch
from pareto_search.searchers.protocol import Outcome, Searcher
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.setting import Setting
from pareto_search.space import Point, Scalar


@dataclass(slots=True)
class VirtualAsker:
    """Asks `searcher` as a real sweep's process of its own does: one proposal after another.

    A proposal knows what the searcher was told before it was requested, and is there when its cost
    has passed on `clock`. Where asks block, nothing else happens until then.

    Held: the points not fetched yet, each with when it is there; until when the searcher is busy;
    and the real seconds of each proposal.
    """

    searcher: Searcher
    clock: VirtualClock
    setting: Setting
    ahead: Prefetch = field(init=False)
    asked_s: list[float] = field(default_factory=list)
    _points: dict[int, tuple[float, Mapping[str, Scalar]]] = field(default_factory=dict)
    _busy_until: float = 0.0

    def __post_init__(self) -> None:
        self.ahead = Prefetch(self.setting.prefetch, self.setting.workers)

    def request(self, index: int) -> None:
        """Find the point for trial `index` now; it is there later."""
        point, seconds = self.setting.timed(lambda: self.searcher.ask(index))
        self.asked_s.append(seconds)
        cost = self.setting.ask_cost(seconds)
        self.ahead.asked(cost)
        if self.setting.asks_block:
            self.clock.spend(cost)
            cost = 0.0
        self._busy_until = max(self._busy_until, self.clock.now) + cost
        self._points[index] = (self._busy_until, point)
        if cost:
            self.clock.at(self._busy_until, wake)

    def ready(self, index: int) -> Mapping[str, Scalar] | None:
        """The point for the requested trial `index`, or None where it is not there yet."""
        when, point = self._points[index]
        if when > self.clock.now:
            return None
        del self._points[index]
        return point

    def adopt(self, index: int, point: Point) -> None:
        """Take `point` as trial `index`."""
        self.searcher.adopt(index, point)

    def tell(self, index: int, outcome: Outcome) -> None:
        """How trial `index` ended."""
        self.searcher.tell(index, outcome)


def wake(_time_s: float) -> None:
    """An event at which nothing happens but that free workers ask again."""
