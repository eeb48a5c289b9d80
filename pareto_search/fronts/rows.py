"""A front as plain data: what tables, CSV and JSON show of it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pareto_search.fronts.front import Front, beating_baseline, complete_trials, front_of
from pareto_search.fronts.knee import knee
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord


def front_rows(
    records: Sequence[TrialRecord],
    objectives: Sequence[Objective],
    runs: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """A row for each trial on the front and each complete baseline.

    The best on the first objective comes first. A row holds ``trial``, ``objectives`` (own
    direction and unit), ``params`` (the point), ``metrics`` (everything else the last report
    carried), ``step``, ``run`` (MLflow run or None) and the marks ``on_front``, ``knee``,
    ``baseline`` and ``beats_baseline``.
    """
    front = front_of(records, objectives)
    members = {member.uid for member in front.members}
    better = set(beating_baseline(records, objectives))
    knee_uid = knee_of(front)
    shown = [
        record
        for record in complete_trials(records, objectives)
        if record.uid in members or record.proposal.baseline
    ]
    return [
        {
            "trial": record.uid,
            "on_front": record.uid in members,
            "knee": record.uid == knee_uid,
            "baseline": record.proposal.baseline,
            "beats_baseline": record.uid in better,
            "objectives": {o.name: record.values[o.name] for o in objectives},
            "params": dict(record.proposal.point),
            "metrics": dict(record.metrics),
            "step": record.step,
            "run": (runs or {}).get(record.uid),
        }
        for record in sorted(shown, key=lambda r: _order(r, objectives))
    ]


def knee_of(front: Front) -> str | None:
    """Name of the trial at the knee of `front`, or None."""
    row = knee(front.losses)
    return None if row is None else front.members[row].uid


def to_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """`rows` as a JSON list; a number that is not finite becomes null."""
    return json.dumps([_plain(row) for row in rows], indent=2, allow_nan=False) + "\n"


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """`rows` as CSV with a header: nested entries under ``objectives.NAME``, ``params.KEY`` ...

    An entry that a trial does not have (an inactive parameter) is an empty cell.
    """
    flat = [_flat(row) for row in rows]
    header = list(dict.fromkeys(key for row in flat for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _order(record: TrialRecord, objectives: Sequence[Objective]) -> tuple[float, ...]:
    return (*(o.loss(record.values[o.name]) for o in objectives), record.proposal.index)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            flat[key] = "" if value is None else value
    return flat


def _plain(value: Any) -> Any:  # noqa: ANN401  any JSON value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    is_broken = isinstance(value, float) and not abs(value) < float("inf")
    return None if is_broken else value
