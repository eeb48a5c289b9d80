"""How a running sweep looks: a live table on a terminal, a plain line every 30 s elsewhere."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pareto_search.sweep.interrupt import STOPPING, Interrupt
from pareto_search.sweep.moment import Moment
from pareto_search.trials.ledger import Ledger

PLAIN_INTERVAL_S = 30.0


class Progress:
    """Shows `ledger` for the time of a ``with`` block. Held: when it began, and a thread."""

    def __init__(
        self, ledger: Ledger, notice: Callable[[], str], interrupt: Interrupt, console: Console
    ) -> None:
        self._ledger = ledger
        self._notice = notice
        self._interrupt = interrupt
        self._console = console
        self._began = time.monotonic()
        self._done_before = len(ledger.records)
        self._over = threading.Event()
        self._live = Live(get_renderable=self._table, console=console, transient=True)

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live.start()
        else:
            threading.Thread(target=self._print_lines, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show the last state and end."""
        self._over.set()
        if self._console.is_terminal:
            self._live.stop()
        self._console.print(self.line(), highlight=False, soft_wrap=True)

    def line(self) -> str:
        """The state of the sweep in one line."""
        return self._moment().line()

    def _print_lines(self) -> None:
        while not self._over.wait(PLAIN_INTERVAL_S):
            self._console.print(self.line(), highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        return self._moment().table(STOPPING if self._interrupt.is_set else None)

    def _moment(self) -> Moment:
        config, records = self._ledger.config, list(self._ledger.records)
        at_work = {
            uid: trial.last.step if trial.last else 0
            for uid, trial in list(self._ledger.running.items())
            if trial.started_at is not None
        }
        elapsed_s, fresh = time.monotonic() - self._began, len(records) - self._done_before
        left_s = elapsed_s / fresh * (config.budget.trials - len(records)) if fresh else None
        return Moment(config, records, at_work, elapsed_s, left_s, self._notice())
