"""Why a sweep ends, and who notices."""

from dataclasses import dataclass, field
from enum import Enum

from pareto_search.sweep.budget import Budget
from pareto_search.sweep.interrupt import Interrupt
from pareto_search.trials.ledger import Ledger


class Ending(Enum):
    """Why a sweep ended."""

    DONE = "done"
    INTERRUPTED = "interrupted"
    OUT_OF_BUDGET = "out of budget"
    TOO_MANY_FAILURES = "too many failures"


@dataclass(slots=True)
class Watch:
    """Looks whether the sweep of `ledger` is to end. Held: what of its budget was used up."""

    ledger: Ledger
    interrupt: Interrupt
    used_up: str = ""
    _budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        self._budget = Budget(self.ledger.config)

    def ending(self) -> Ending | None:
        """How the sweep is to end now; None: it goes on."""
        ledger = self.ledger
        if ledger.has_failed():
            return Ending.TOO_MANY_FAILURES
        if len(ledger.records) >= ledger.config.budget.trials:
            return Ending.DONE
        if self.interrupt.is_set:
            return Ending.INTERRUPTED
        # asked at every event, so the work of a thousand trials is summed only where it counts
        worked_s = ledger.worked_s() if self._budget.counts_work else 0.0
        used_up = self._budget.used_up(ledger.records, ledger.elapsed_s(), worked_s)
        self.used_up = self.used_up or used_up or ""
        return Ending.OUT_OF_BUDGET if self.used_up else None
