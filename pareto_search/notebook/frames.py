"""Trials, fronts and reports as pandas DataFrames.

Columns of objectives and of parameters are named as in the recipe, those of metrics with
``metrics.`` before the name; a parameter that bears the name of an objective has ``params.``
before it. A cell that a trial has nothing for is missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pareto_search.objective import Objective
from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.storage.reports import ReportLine

if TYPE_CHECKING:
    import pandas as pd

Cells = dict[str, Any]
_OF_FRONT = (
    "on_front", "knee", "baseline", "beats_baseline", "constrained", "trials", "probability",
    "step", "run",
)  # fmt: skip


def front_frame(
    rows: Sequence[Mapping[str, Any]], objectives: Sequence[Objective]
) -> "pd.DataFrame":
    """`rows` as `fronts.rows.front_rows` gives them, by trial.

    A repeated configuration has the standard error of an objective as ``NAME ±``.
    """
    names = [objective.name for objective in objectives]
    is_repeated = any(row["trials"] > 1 for row in rows)
    cells = []
    for row in rows:
        errors = {f"{name} ±": row["standard_errors"][name] for name in names if is_repeated}
        cells.append(
            {"trial": row["trial"], **row["objectives"], **errors}
            | _parameters(row["params"], names)
            | {key: row[key] for key in _OF_FRONT}
            | _metrics(row["metrics"])
        )
    return _frame(cells, ["trial", *names, *_OF_FRONT])


def trials_frame(
    proposals: Iterable[Proposal],
    records: Mapping[str, TrialRecord],
    objectives: Sequence[Objective],
    front: Iterable[str],
    open_state: str,
) -> "pd.DataFrame":
    """Every trial that was begun, by name; one without a record is in `open_state`.

    ``began`` and ``ended`` are times in UTC, ``worked_s`` seconds. ``on_front`` holds of the
    configurations in `front`, by their first trial.
    """
    names, members = [objective.name for objective in objectives], set(front)
    cells = [_trial(p, records.get(p.uid), names, members, open_state) for p in proposals]
    frame = _frame(cells, ["trial", "state", *names])
    import pandas as pd

    for column in ("began", "ended"):
        if column in frame:
            frame[column] = pd.to_datetime(frame[column], unit="s", utc=True)
    return frame


def reports_frame(lines: Iterable[ReportLine], uid: str) -> "pd.DataFrame":
    """What trial `uid` reported, by step, with the seconds since its first report, ``after_s``.

    Where a step was reported twice, after a resume, the first report counts.
    """
    found: dict[int, ReportLine] = {}
    for line in lines:
        if line.uid == uid:
            found.setdefault(line.step, line)
    steps = sorted(found)
    began = min((line.time for line in found.values()), default=0.0)
    cells = [
        {"step": step, **found[step].metrics, "after_s": found[step].time - began} for step in steps
    ]
    return _frame(cells, ["step", "after_s"], index="step")


def _trial(
    proposal: Proposal,
    record: TrialRecord | None,
    names: Sequence[str],
    members: set[str],
    open_state: str,
) -> Cells:
    cells: Cells = {"trial": proposal.uid, "state": record.state.value if record else open_state}
    cells |= {name: record.values.get(name) if record else None for name in names}
    cells |= _parameters(proposal.point, names)
    cells |= {
        "on_front": proposal.uid in members,
        "baseline": proposal.baseline,
        "repeat": proposal.repeat,
        "began": proposal.proposed_at,
    }
    if record is None:
        return cells
    worked_s = record.elapsed_s if record.worked_s is None else record.worked_s
    cells |= {"ended": record.ended_at, "worked_s": worked_s, "step": record.step}
    cells |= {"constrained": record.is_constrained, "error": record.error}
    return cells | _metrics(record.metrics)


def _parameters(point: Mapping[str, Any], objectives: Sequence[str]) -> Cells:
    return {f"params.{key}" if key in objectives else key: v for key, v in point.items()}


def _metrics(metrics: Mapping[str, float]) -> Cells:
    return {f"metrics.{key}": value for key, value in metrics.items()}


def _frame(cells: Sequence[Cells], columns: Sequence[str], index: str = "trial") -> "pd.DataFrame":
    """`cells` by row; with no row there are still the `columns`."""
    import pandas as pd  # takes most of a second, and no command needs it

    frame = pd.DataFrame(list(cells)) if cells else pd.DataFrame(columns=list(columns))
    return frame.set_index(index)
