"""What came out of a sweep, in sentences and as the table of its front."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pareto_search.figures.material import Material
from pareto_search.figures.report.runs import run_cell
from pareto_search.figures.report.table import Cell, Table, make_table
from pareto_search.fronts.front import beating_baseline, complete_trials, front_of
from pareto_search.fronts.hypervolume import hypervolume
from pareto_search.fronts.rows import front_rows, knee_of
from pareto_search.fronts.summary import best_values
from pareto_search.objective import Objective, reference_losses
from pareto_search.storage.journal import TrialRecord

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer: in one line, in sentences, and the rows of the front and the baselines."""

    headline: str
    sentences: tuple[str, ...]
    front: Table


def answer_of(material: Material) -> Answer:
    """The answer as it is known by now."""
    records, objectives = material.records, material.objectives
    front = front_of(records, objectives)
    if not len(front):
        return Answer("No trial is complete yet, so there is no answer.", (), Table((), ()))
    volume = hypervolume(front.losses, reference_losses(objectives))
    versus = versus_baseline(records, objectives)
    size = f"{len(front)} of {len(records)} ended trials are on the front."
    sentences = (
        f"{size} Its hypervolume is {volume:.4g}.",
        versus,
        *_best(records, objectives),
        _knee(knee_of(front)),
        _seeds(material.config.seeds.repeats),
    )
    return Answer(f"{size} {versus}", sentences, _front_table(material))


def versus_baseline(records: Sequence[TrialRecord], objectives: Sequence[Objective]) -> str:
    """Whether the baseline was beaten, in one sentence."""
    baselines = [record.uid for record in records if record.proposal.baseline]
    if not baselines:
        return "No baseline was given, so nothing tells what was gained."
    complete = {record.uid for record in complete_trials(records, objectives)}
    known = [uid for uid in baselines if uid in complete]
    if not known:
        return "The baseline is not complete, so nothing tells what was gained."
    what = f"the baseline ({known[0]})" if len(known) == 1 else f"all {len(known)} baselines"
    better = beating_baseline(records, objectives)
    if better:
        beats = "trial beats" if len(better) == 1 else "trials beat"
        return f"{len(better)} {beats} {what} on every objective: {listed(better)}."
    members = {member.uid for member in front_of(records, objectives).members}
    kept = [uid for uid in known if uid in members]
    rest = ", and " + ("it is" if len(known) == 1 else f"{listed(kept)} are") + " on the front"
    return f"No trial beats {what} on every objective{rest if kept else ''}."


def listed(uids: Sequence[str]) -> str:
    """The first few of `uids`, and how many more there are."""
    more = f" and {len(uids) - _SHOWN} more" if len(uids) > _SHOWN else ""
    return ", ".join(uids[:_SHOWN]) + more


def _best(records: Sequence[TrialRecord], objectives: Sequence[Objective]) -> Iterator[str]:
    best = best_values(records, objectives)
    complete = complete_trials(records, objectives)
    for objective in objectives:
        value, uid = best[objective.name]
        own = [r.values[objective.name] for r in complete if r.proposal.baseline]
        loss = min(map(objective.loss, own), default=None)
        beside = "" if loss is None else f"; the baseline has {objective.loss(loss):.4g}"
        yield f"Best {objective.name}: {value:.4g} ({uid}){beside}."


def _knee(uid: str | None) -> str:
    if uid is None:
        return "The front has no knee: no trade-off on it stands out."
    return f"Its knee, from which on a gain in one objective costs others dearly, is {uid}."


def _seeds(repeats: int) -> str:
    if repeats == 1:
        return "Each configuration ran with one seed: neighbours on the front may change places."
    return f"Each configuration is the mean of {repeats} seeds, ± its standard error."


def _front_table(material: Material) -> Table:
    objectives = material.objectives
    rows = front_rows(material.records, objectives, material.runs)
    keys = list(dict.fromkeys(key for row in rows for key in row["params"]))
    is_repeated = any(row["trials"] > 1 for row in rows)
    extra = ("trials", "P(front)") if is_repeated else ()
    columns = ("trial", *(_heading(o) for o in objectives), *extra, "marks", "run", *keys)
    made = []
    for row in rows:
        role = "baseline" if row["baseline"] else "knee" if row["knee"] else "front"
        values = [_value(row, o.name) for o in objectives]
        counts = (row["trials"], row["probability"]) if is_repeated else ()
        points = [row["params"].get(key) for key in keys]
        name = Cell(row["trial"], role=role)
        run = run_cell(material.tracking, row["run"])
        made.append((name, *values, *counts, _marks(row), run, *points))
    return make_table(columns, made)


def _heading(objective: Objective) -> str:
    return f"{objective.name} {'↓' if objective.direction == 'minimize' else '↑'}"


def _value(row: Mapping[str, Any], name: str) -> Cell:
    error = row["standard_errors"][name]
    value = row["objectives"][name]
    return Cell(f"{value:.4g}" + (f" ±{error:.1g}" if error else ""), is_number=True)


def _marks(row: Mapping[str, Any]) -> str:
    marks = {
        "dominated": not (row["on_front"] or row["constrained"]),
        "knee": row["knee"],
        "baseline": row["baseline"],
        "beats the baseline": row["beats_baseline"],
        "breaks a constraint": row["constrained"],
    }
    return ", ".join(mark for mark, holds in marks.items() if holds)
