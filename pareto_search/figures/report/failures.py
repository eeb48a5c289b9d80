"""What failed in a sweep, was stopped, broke a constraint or did not end."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pareto_search.figures.material import Material
from pareto_search.figures.report.answer import listed
from pareto_search.figures.report.table import Table, make_table
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import TrialRecord

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Failures:
    """What went wrong: a sentence, errors by kind, stops by step and broken constraints."""

    sentence: str
    errors: Table
    stops: Table
    constraints: Table


def failures_of(material: Material) -> Failures:
    """What failed by now; messages that differ in numbers alone are one kind of error."""
    records = material.records
    failed = [record for record in records if record.state is TrialState.FAILED]
    stopped = [record for record in records if record.state is TrialState.STOPPED]
    constrained = [record for record in records if record.is_constrained]
    num_open = material.num_begun - len(records)
    return Failures(
        _sentence(failed, len(stopped), len(constrained), num_open, len(records)),
        make_table(("trials", "kind", "first message of its kind", "which"), _errors(failed)),
        make_table(("stopped at step", "trials"), sorted(Counter(r.step for r in stopped).items())),
        make_table(("constraint", "broken by", "of them without a number"),
                   _constraints(material, constrained)),
    )  # fmt: skip


def _sentence(
    failed: Sequence[TrialRecord], stopped: int, constrained: int, num_open: int, ended: int
) -> str:
    infeasible = sum(record.infeasible for record in failed)
    beside = f" ({infeasible} of them diverged or ran out of memory)" if infeasible else ""
    parts = [
        f"{len(failed)} failed{beside}" if failed else "none failed",
        f"{stopped} were stopped early" if stopped else "none was stopped early",
    ]
    if constrained:
        parts.append(f"{constrained} completed but break a constraint")
    if num_open > 0:
        parts.append(f"{num_open} more began and have not ended")
    return f"Of {ended} ended trials {', '.join(parts)}."


def _errors(failed: Sequence[TrialRecord]) -> list[tuple[object, ...]]:
    """A row for each kind of error, the most frequent first."""
    groups: dict[str, list[TrialRecord]] = {}
    for record in failed:
        message = (record.error or "no message").splitlines()[0]
        groups.setdefault(_NUMBER.sub("#", message), []).append(record)
    ordered = sorted(groups.values(), key=lambda group: -len(group))
    return [
        (len(g), _kind(g[0]), (g[0].error or "no message").splitlines()[0], _names(g))
        for g in ordered
    ]


def _kind(record: TrialRecord) -> str:
    if record.lost:
        return "worker lost"
    return "infeasible" if record.infeasible else "error"


def _names(group: Sequence[TrialRecord]) -> str:
    return listed([record.uid for record in group])


def _constraints(
    material: Material, constrained: Sequence[TrialRecord]
) -> list[tuple[str, int, int]]:
    rows = []
    for place, constraint in enumerate(material.config.metric_constraints):
        broken = [r.violations[place] for r in constrained if r.violations[place] > 0]
        if broken:
            rows.append((constraint.text, len(broken), sum(map(math.isinf, broken))))
    return rows
