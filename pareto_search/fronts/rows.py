"""A front as plain data: what tables, CSV and JSON show of it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pareto_search.fronts.configurations import Configuration, configurations
from pareto_search.fronts.front import Front, beating_baseline, front_of
from pareto_search.fronts.knee import knee
from pareto_search.fronts.membership import membership
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord


def front_rows(
    records: Sequence[TrialRecord],
    objectives: Sequence[Objective],
    runs: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """A row for each configuration on the front and each complete baseline.

    The best on the first objective comes first. A row holds ``trial``, ``objectives`` (own
    direction and unit), ``params`` (the point), ``metrics`` (everything else the last report
    carried), ``step``, ``run`` (MLflow run or None) and the marks ``on_front``, ``knee``,
    ``baseline``, ``beats_baseline`` and ``constrained`` (it breaks a constraint).

    Of a configuration with several seeds ``trial`` is the first of its trials, ``objectives`` and
    ``metrics`` are means over ``trials``, ``standard_errors`` theirs (None for one trial), and
    ``probability`` that of being on the front, see `fronts.membership` (None where no seed was
    repeated).
    """
    found = configurations(records, objectives)
    front = front_of(records, objectives)
    members = {member.uid for member in front.members}
    better = set(beating_baseline(records, objectives))
    knee_uid, probable = knee_of(front), _probabilities(found)
    shown = [one for one in found if one.mean.uid in members or one.mean.proposal.baseline]
    return [
        {
            "trial": one.mean.uid,
            "on_front": one.mean.uid in members,
            "knee": one.mean.uid == knee_uid,
            "baseline": one.mean.proposal.baseline,
            "beats_baseline": one.mean.uid in better,
            "constrained": one.mean.is_constrained,
            "objectives": {o.name: one.mean.values[o.name] for o in objectives},
            "standard_errors": _standard_errors(one, objectives),
            "trials": len(one.trials),
            "probability": probable.get(one.mean.uid),
            "params": dict(one.mean.proposal.point),
            "metrics": dict(one.mean.metrics),
            "step": one.mean.step,
            "run": (runs or {}).get(one.mean.uid),
        }
        for one in sorted(shown, key=lambda one: _order(one.mean, objectives))
    ]


def _probabilities(found: Sequence[Configuration]) -> dict[str, float]:
    """Of each configuration that breaks no constraint, by the name of its first trial."""
    sound = [one for one in found if not one.mean.is_constrained]
    probable = membership(sound)
    if probable is None:
        return {}
    return {one.mean.uid: float(p) for one, p in zip(sound, probable, strict=True)}


def _standard_errors(
    one: Configuration, objectives: Sequence[Objective]
) -> dict[str, float | None]:
    errors = one.standard_errors.tolist()
    names = (objective.name for objective in objectives)
    return {k: e if len(one.trials) > 1 else None for k, e in zip(names, errors, strict=True)}


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
