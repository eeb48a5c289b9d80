"""A sweep that has been running for long: its files as thousands of ended trials left them."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.journal import Proposal, Session, TrialRecord
from pareto_search.storage.reports import ReportLine
from planning.training import EPOCHS, Training

APART_S = 6.0
"""Between the ends of two trials."""


def write_history(path: Path, problem: Training, ended: int) -> SweepDirectory:
    """A sweep of `problem` with `ended` complete trials, of each of which the last report is kept.

    The other reports would only make the file longer: whatever runs beside a sweep reads on from
    where it was.
    """
    path.mkdir(parents=True)
    entries, reports = [_line("session", Session(0.0))], []
    for record in _records(problem, ended):
        last = ReportLine(
            record.uid, EPOCHS, {**record.metrics, **record.values}, record.checkpoint,
            record.ended_at,
        )  # fmt: skip
        reports.append(json.dumps(asdict(last)) + "\n")
        entries += [_line("proposal", record.proposal), _line("record", record)]
    (path / "journal.jsonl").write_text("".join(entries))
    (path / "reports.jsonl").write_text("".join(reports))
    return SweepDirectory(path)


def _records(problem: Training, ended: int) -> Iterator[TrialRecord]:
    draw = np.random.default_rng(1)
    names = [objective.name for objective in problem.objectives]
    for index in range(ended):
        point = {key: float(draw.random()) for key in problem.space}
        metrics = problem.evaluate(point, EPOCHS, index)
        values = {name: metrics.pop(name) for name in names}
        at = APART_S * index
        proposal = Proposal(index, point, False, at, max(0, index - 1))
        place = f"ray/attempt-000/{proposal.uid}/checkpoint_{EPOCHS - 1:06d}"
        yield TrialRecord(
            proposal, TrialState.COMPLETE, values, metrics, EPOCHS, place, 6000.0, at + 1.0,
            worked_s=6000.0,
        )  # fmt: skip


def _line(kind: str, entry: Session | Proposal | TrialRecord) -> str:
    return json.dumps({"kind": kind, **asdict(entry)}) + "\n"
