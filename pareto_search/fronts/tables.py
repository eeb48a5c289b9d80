"""Fronts and sweeps as tables on a terminal, readable at 100 columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from pareto_search.fronts.front import front_of
from pareto_search.fronts.rows import front_rows
from pareto_search.fronts.summary import SweepSummary
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord

MAX_PARAMETERS = 4
"""Parameter columns that fit beside two objectives, a run and the marks in 100 columns."""
_WIDEST = 10
_CAPTION = "+ better than every baseline on every objective"


def front_table(
    records: Sequence[TrialRecord],
    objectives: Sequence[Objective],
    runs: Mapping[str, str] | None = None,
    keys: Sequence[str] | None = None,
) -> Table:
    """The front of `records` and the baselines, the best on the first objective first.

    Of repeated configurations the means stand with their standard errors, the number of trials
    and the probability of being on the front. `keys` are the dotted parameters to show; by
    default the first `MAX_PARAMETERS` that vary among the rows. A key is shortened to its last
    part where that is clear; an inactive one is ``-``. A run is shown by its first eight digits.
    """
    rows = front_rows(records, objectives, runs)
    shown = main_keys(rows) if keys is None else list(keys)
    total = sum(record.proposal.baseline for record in records)
    size = len(front_of(records, objectives))
    table = Table(title=_title(size, len(records), total), box=SIMPLE_HEAD)
    table.padding = (0, 1, 0, 0)
    if any(row["beats_baseline"] for row in rows):
        table.caption = _CAPTION
    table.add_column("trial", no_wrap=True)
    for objective in objectives:
        table.add_column(_heading(objective), justify="right", no_wrap=True)
    is_repeated = any(row["trials"] > 1 for row in rows)
    for label in ("trials", "P(front)") if is_repeated else ():
        table.add_column(label, justify="right", no_wrap=True)
    for label in short_names(shown):
        table.add_column(label, justify="right", style="dim", max_width=_WIDEST, no_wrap=True)
    table.add_column("run", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row, shown, is_repeated), style=None if row["on_front"] else "dim")
    return table


def main_keys(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The first `MAX_PARAMETERS` keys of the points in `rows` that vary among them."""
    keys = dict.fromkeys(key for row in rows for key in row["params"])
    varying = [k for k in keys if len({repr(row["params"].get(k)) for row in rows}) > 1]
    return varying[:MAX_PARAMETERS]


def short_names(keys: Sequence[str]) -> list[str]:
    """The last dotted part of each key, or the whole key where two would look the same.

    >>> short_names(["loss.kind", "loss.tau", "network.kind"])
    ['loss.kind', 'tau', 'network.kind']
    """
    last = [key.rpartition(".")[2] for key in keys]
    return [part if last.count(part) == 1 else key for key, part in zip(keys, last, strict=True)]


def sweeps_table(summaries: Sequence[SweepSummary]) -> Table:
    """One row a sweep: how far it is and what it found."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("sweep", overflow="fold")
    table.add_column("state")
    for name in ("finished", "failed", "front", "hypervolume"):
        table.add_column(name, justify="right")
    table.add_column("started (UTC)")
    for summary in summaries:
        table.add_row(
            summary.name,
            summary.state,
            f"{summary.finished}/{summary.trials}",
            str(summary.failed),
            str(summary.front),
            f"{summary.hypervolume:.4g}",
            summary.started_at.replace("T", " ").removesuffix("Z"),
        )
    return table


def status_table(summary: SweepSummary) -> Table:
    """One sweep in full: trials by state, hypervolume, best values, open trials, failures."""
    table = Table(title=f"sweep {summary.name}", show_header=False, box=SIMPLE_HEAD)
    table.add_column("what", no_wrap=True)
    table.add_column("value", overflow="fold")
    for what, value in _status(summary):
        table.add_row(what, Text(value))
    return table


def _status(summary: SweepSummary) -> list[tuple[str, str]]:
    steps = ", ".join(f"{uid} at step {step}" for uid, step in summary.last_steps.items())
    return [
        ("state", summary.state),
        ("started (UTC)", summary.started_at or "unknown"),
        ("finished", f"{summary.finished} of {summary.trials}"),
        ("complete", str(summary.complete)),
        ("stopped", str(summary.stopped)),
        ("failed", f"{summary.failed} ({summary.infeasible} infeasible)"),
        ("break a constraint", str(summary.constrained)),
        ("begun, not ended", f"{summary.open} ({steps})" if steps else "0"),
        ("on the front", str(summary.front)),
        ("hypervolume", f"{summary.hypervolume:.4g}"),
        *((f"best {name}", f"{v:.4g} ({uid})") for name, (v, uid) in summary.best.items()),
        *((f"{uid} failed", error) for uid, error in summary.errors.items()),
    ]


def _heading(objective: Objective) -> str:
    """Its name, broken at underscores so that long names make no wide column, and its arrow."""
    arrow = "↓" if objective.direction == "minimize" else "↑"
    return f"{objective.name} {arrow}".replace("_", "_\n")


def _title(size: int, finished: int, baselines: int) -> str:
    beside = f", {baselines} baseline{'s' * (baselines > 1)}" if baselines else ""
    return f"front: {size} of {finished} finished trials{beside}"


def _cells(row: Mapping[str, Any], keys: Sequence[str], is_repeated: bool) -> list[Text]:
    cells = [
        row["trial"],
        *(_value(row, name) for name in row["objectives"]),
        *((str(row["trials"]), _probability(row)) if is_repeated else ()),
        *(_parameter(row["params"].get(key)) for key in keys),
        (row["run"] or "-")[:8],
        _marks(row),
    ]
    return [Text(cell) for cell in cells]


def _value(row: Mapping[str, Any], name: str) -> str:
    error = row["standard_errors"][name]
    return f"{row['objectives'][name]:.4g}" + (f" ±{error:.1g}" if error is not None else "")


def _probability(row: Mapping[str, Any]) -> str:
    return "-" if row["probability"] is None else f"{row['probability']:.2f}"


def _parameter(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _marks(row: Mapping[str, Any]) -> str:
    marks = (
        ("+", row["beats_baseline"]),
        ("constrained", row["constrained"]),
        ("dominated", not (row["on_front"] or row["constrained"])),
        ("baseline", row["baseline"]),
        ("knee", row["knee"]),
    )
    return " ".join(name for name, holds in marks if holds)
