"""A virtual clock: time passes from one event to the next, at once."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

Action = Callable[[float], None]
"""What happens at an event; it is given the time the event was due, in seconds."""


@dataclass(slots=True)
class VirtualClock:
    """Holds the time `now`, in seconds from 0, and the events to come.

    Called, it tells the time, so it stands wherever `time.time` does.

    >>> clock, seen = VirtualClock(), []
    >>> clock.at(5.0, seen.append)
    >>> clock.at(2.0, seen.append)
    >>> while clock.advance():
    ...     pass
    >>> seen, clock()
    ([2.0, 5.0], 5.0)
    """

    now: float = 0.0
    _events: list[tuple[float, int, Action]] = field(default_factory=list)
    _asked: int = 0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def at(self, time_s: float, action: Action) -> None:
        """Let `action` happen at `time_s`; of equal times the first that was asked for is first."""
        heapq.heappush(self._events, (time_s, self._asked, action))
        self._asked += 1

    def advance(self) -> bool:
        """Let the next event happen, whether or not it is late; False where there is none left."""
        if not self._events:
            return False
        time_s, _, action = heapq.heappop(self._events)
        self.now = max(self.now, time_s)
        action(time_s)
        return True

    def spend(self, seconds: float) -> None:
        """Let `seconds` pass in which no event is handled: whoever handles them is busy."""
        self.now += seconds
