"""Why a sweep ends, and who notices."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from pareto_search.storage.stop_request import is_asked_to_stop
from pareto_search.storage.writer import is_followed, name_of_writer
from pareto_search.sweep.budget import Budget
from pareto_search.sweep.interrupt import Interrupt
from pareto_search.trials.ledger import Ledger

GLANCE_S = 1.0
"""Between two looks for a request to stop: the storage may be far away."""


class Ending(Enum):
    """Why a sweep ended."""

    DONE = "done"
    INTERRUPTED = "interrupted"
    OUT_OF_BUDGET = "out of budget"
    TOO_MANY_FAILURES = "too many failures"


@dataclass(slots=True)
class Watch:
    """Looks whether the sweep of `ledger` is to end.

    Held: what of its budget was used up, and when to look for a request to stop again.
    """

    ledger: Ledger
    interrupt: Interrupt
    used_up: str = ""
    clock: Callable[[], float] = time.monotonic
    _budget: Budget = field(init=False)
    _look_at: float = field(init=False, default=-math.inf)

    def __post_init__(self) -> None:
        self._budget = Budget(self.ledger.config)

    def ending(self) -> Ending | None:
        """How the sweep is to end now; None: it goes on."""
        ledger = self.ledger
        if ledger.has_failed():
            return Ending.TOO_MANY_FAILURES
        if len(ledger.records) >= ledger.config.budget.trials:
            return Ending.DONE
        self._look_for_request()
        if self.interrupt.is_set:
            return Ending.INTERRUPTED
        # asked at every event, so the work of a thousand trials is summed only where it counts
        worked_s = ledger.worked_s() if self._budget.counts_work else 0.0
        used_up = self._budget.used_up(ledger.records, ledger.elapsed_s(), worked_s)
        self.used_up = self.used_up or used_up or ""
        return Ending.OUT_OF_BUDGET if self.used_up else None

    def _look_for_request(self) -> None:
        now = self.clock()
        if now >= self._look_at:
            self._look_at = now + GLANCE_S
            if is_asked_to_stop(self.ledger.directory):
                self.interrupt.ask("Stopping, as `pareto-search stop` asked.")
            elif is_followed(self.ledger.directory):
                writer = name_of_writer(self.ledger.directory)
                self.interrupt.ask(f"Stopping: the sweep is run by {writer}.")
