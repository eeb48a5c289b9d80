"""How a running sweep looks: a live table on a terminal, a plain line every 30 s elsewhere."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pareto_search.fronts.front import complete_trials
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.fronts.summary import best_values
from pareto_search.objective import reference_losses, to_losses
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import TrialRecord
from pareto_search.sweep.interrupt import STOPPING, Interrupt
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
        return "; ".join(f"{name} {text}" for name, text in self._rows())

    def _print_lines(self) -> None:
        while not self._over.wait(PLAIN_INTERVAL_S):
            self._console.print(self.line(), highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        caption = STOPPING if self._interrupt.is_set else None
        title = f"sweep {self._ledger.config.name}"
        table = Table(title=title, caption=caption, show_header=False)
        for name, text in self._rows():
            table.add_row(name, text)
        return table

    def _rows(self) -> list[tuple[str, str]]:
        records = list(self._ledger.records)
        total = self._ledger.config.budget.trials
        counts = {state: sum(r.state is state for r in records) for state in TrialState}
        return [
            ("trials", f"{len(records)}/{total}"),
            ("running", self._running()),
            ("stopped", str(counts[TrialState.STOPPED])),
            ("failed", str(counts[TrialState.FAILED])),
            ("hypervolume", self._hypervolume(records)),
            *self._best(records),
            ("elapsed", _clock(time.monotonic() - self._began)),
            ("time left", self._time_left(len(records), total)),
            ("MLflow", self._notice()),
        ]

    def _running(self) -> str:
        at_work = {
            uid: trial.last.step if trial.last else 0
            for uid, trial in list(self._ledger.running.items())
            if trial.started_at is not None
        }
        shown = ", ".join(f"{uid}@{step}" for uid, step in list(at_work.items())[:6])
        return f"{len(at_work)} ({shown}{', ...' * (len(at_work) > 6)})" if at_work else "0"

    def _hypervolume(self, records: list[TrialRecord]) -> str:
        objectives = self._ledger.config.objectives
        complete = complete_trials(records, objectives)
        losses = to_losses([record.values for record in complete], objectives)
        return f"{hypervolume(losses, reference_losses(objectives)):.4f}"

    def _best(self, records: list[TrialRecord]) -> list[tuple[str, str]]:
        best = best_values(records, self._ledger.config.objectives)
        return [(f"best {name}", f"{value:.4f} ({uid})") for name, (value, uid) in best.items()]

    def _time_left(self, done: int, total: int) -> str:
        fresh = done - self._done_before
        if not fresh:
            return "?"
        return _clock((time.monotonic() - self._began) / fresh * (total - done))


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{whole % 60:02d}s"
