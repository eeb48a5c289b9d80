"""How a sweep stands at one moment, as rows, a line and a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from pareto_search.fronts.front import complete_trials
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.fronts.summary import best_values
from pareto_search.objective import reference_losses, to_losses
from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import TrialRecord

Rows = list[tuple[str, str]]
_SHOWN_AT_WORK = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """The ended trials of a sweep, those `at_work` with their last step, and its times.

    `left_s` is None where nothing tells of it yet; `tracking` says how MLflow stands. `silent`
    trials have begun and not reported, so that they may be at work or wait for a worker.
    """

    config: SweepConfig
    records: Sequence[TrialRecord]
    at_work: Mapping[str, int]
    elapsed_s: float
    left_s: float | None
    tracking: str
    silent: int = 0

    def rows(self) -> Rows:
        """Names and texts, in the order in which they are shown."""
        records, total = self.records, self.config.budget.trials
        counts = {state: sum(r.state is state for r in records) for state in TrialState}
        return [
            ("trials", f"{len(records)}/{total}"),
            ("running", self._running()),
            ("stopped", str(counts[TrialState.STOPPED])),
            ("failed", str(counts[TrialState.FAILED])),
            ("hypervolume", self._hypervolume()),
            *self._best(),
            ("elapsed", clock(self.elapsed_s)),
            ("time left", "?" if self.left_s is None else clock(self.left_s)),
            ("MLflow", self.tracking),
        ]

    def line(self) -> str:
        """All of it in one line."""
        return "; ".join(f"{name} {text}" for name, text in self.rows())

    def table(self, caption: str | None = None) -> Table:
        """All of it as a table."""
        title = f"sweep {self.config.name}"
        table = Table(title=title, caption=caption, show_header=False)
        for name, text in self.rows():
            table.add_row(name, text)
        return table

    def _running(self) -> str:
        count = len(self.at_work)
        shown = ", ".join(f"{u}@{step}" for u, step in list(self.at_work.items())[:_SHOWN_AT_WORK])
        named = f" ({shown}{', ...' * (count > _SHOWN_AT_WORK)})" if count else ""
        return f"{count}{named}" + (f", {self.silent} without a report" if self.silent else "")

    def _hypervolume(self) -> str:
        objectives = self.config.objectives
        complete = complete_trials(self.records, objectives)
        losses = to_losses([record.values for record in complete], objectives)
        return f"{hypervolume(losses, reference_losses(objectives)):.4f}"

    def _best(self) -> Rows:
        best = best_values(self.records, self.config.objectives)
        return [(f"best {name}", f"{value:.4f} ({uid})") for name, (value, uid) in best.items()]


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes.

    >>> clock(75), clock(3700)
    ('1m15s', '1h01m')
    """
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{whole % 60:02d}s"
