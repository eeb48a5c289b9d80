"""Sends what a snapshot of a sweep's files holds into its runs; each part can be sent again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pareto_search.recipe.scheduling import SchedulerConfig
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import TrialRecord
from pareto_search.storage.redaction import redact
from pareto_search.storage.reports import ReportLine
from pareto_search.tracking.client import Measurement, Run
from pareto_search.tracking.naming import measurements, reported
from pareto_search.tracking.reader import Reader, Snapshot
from pareto_search.tracking.session import STATE, Session
from pareto_search.tracking.standing import (
    COLOUR,
    PLACE,
    RANK,
    Order,
    Standing,
    ended_colour,
    ended_ms,
)

INTERRUPTED = "interrupted"
RUNG = "pareto.rung"

_STATUS = {
    TrialState.COMPLETE: "FINISHED",
    TrialState.STOPPED: "KILLED",
    TrialState.FAILED: "FAILED",
}
_MAX_ERROR_LENGTH = 2000


def send_proposals(session: Session, snapshot: Snapshot) -> int:
    """Make the runs of the trials that have none; how many."""
    return sum(session.add_child(proposal) for proposal in snapshot.proposals.values())


def send_reports(
    session: Session, snapshot: Snapshot, reader: Reader, scheduler: SchedulerConfig | None = None
) -> None:
    """Write the reports to the runs of their trials; what is through, `reader` is told.

    With them goes the rung of `scheduler` that the trial has reached.
    """
    by_trial: dict[str, list[ReportLine]] = defaultdict(list)
    for line in snapshot.reports:
        by_trial[line.uid].append(line)
    ended = {record.uid for record in snapshot.records}
    for uid, lines in by_trial.items():
        run = session.children.get(uid)
        if run is None:  # the proposal's line is torn: there is no such trial
            continue
        if uid not in ended and run.status != "RUNNING":  # it was interrupted, and goes on
            session.client.revive(run)
            session.client.write(run, tags={STATE: TrialState.RUNNING.value})
        rows = [row for line in lines for row in reported(line)]
        session.client.write(run, rows, tags=_rung(run, lines, scheduler))
        reader.sent(uid, [line.step for line in lines])


def send_record(session: Session, record: TrialRecord, reader: Reader) -> None:
    """End the run of a trial; its last values are written where their report was lost."""
    run, client = session.children[record.uid], session.client
    rows = []
    if record.step >= 0 and not reader.has_sent(record.uid, record.step):
        last = {**record.metrics, **record.values}
        rows = measurements(last, record.step, ended_ms(record))
    error = {"pareto.error": redact(record.error)[-_MAX_ERROR_LENGTH:]} if record.error else {}
    client.write(run, rows, tags=error)
    client.end(run, _STATUS[record.state], ended_ms(record))
    tags = {STATE: record.state.value}
    if record.state is not TrialState.COMPLETE:  # the colour of those follows from their standing
        tags[COLOUR] = ended_colour(record)
    if changed := _changed(run, tags):
        client.write(run, tags=changed)


def send_standings(session: Session, order: Order, most_moves: float) -> bool:
    """Bring tags, colours, ranks and places of the ended trials up to date; whether all are.

    A run is written to, once and with all that changed, where a tag of it changed. Rank and place
    change with nearly every trial that ends, and MLflow has no batch over runs: where they alone
    changed, at most `most_moves` runs are written to, the best places first.
    """
    for uid, standing in order.ordered:
        run = session.children[uid]
        tags, rows = _changed(run, standing.tags), _moved(run, standing, order)
        rank = {} if standing.rank is None else _changed(run, {RANK: str(standing.rank)})
        if not tags and (rows or rank):
            most_moves -= 1
        if tags or (most_moves >= 0 and (rows or rank)):
            session.client.write(run, rows, tags=tags | rank)
    return most_moves >= 0


def interrupt(session: Session, snapshot: Snapshot, now_ms: int) -> bool:
    """End the runs of trials that have no end; whether there were any."""
    ended = {record.uid for record in snapshot.records}
    open_uids = [uid for uid in snapshot.proposals if uid not in ended]
    for uid in open_uids:
        run = session.children.get(uid)
        if run is not None and run.status == "RUNNING":
            session.client.write(run, tags={STATE: INTERRUPTED})
            session.client.end(run, "KILLED", now_ms)
    return bool(open_uids)


def _rung(
    run: Run, lines: Sequence[ReportLine], scheduler: SchedulerConfig | None
) -> dict[str, str]:
    if scheduler is None:
        return {}
    reached = max(scheduler.rung(line.step) for line in lines)
    return _changed(run, {RUNG: str(max(reached, int(run.tags.get(RUNG, "0"))))})


def _moved(run: Run, standing: Standing, order: Order) -> list[Measurement]:
    if standing.place is None or run.metrics.get(PLACE) == standing.place:
        return []
    return [Measurement(PLACE, float(standing.place), order.time_ms, order.count)]


def _changed(run: Run, tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if run.tags.get(key) != value}
