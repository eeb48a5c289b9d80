"""How long a sweep and its trials were at work in earlier sessions, from what is on disk.

Times are seconds since the epoch. A session that was killed lasted until the last sign of life.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from pareto_search.storage.journal import Proposal, TrialRecord
from pareto_search.storage.reports import ReportLine


def time_of_sessions(
    starts: Sequence[float],
    entries: Iterable[Proposal | TrialRecord],
    reported_at: Iterable[float],
) -> float:
    """Seconds that the sessions begun at `starts` (ascending) lasted, without the time between.

    Its trials began and ended as `entries` say, and reported at the times `reported_at`. 0 where
    the journal, being old, tells of no session.
    """
    signs = [e.proposed_at if isinstance(e, Proposal) else e.ended_at for e in entries]
    return sum(_lengths(starts, [*signs, *reported_at]).values())


def time_of_trials(
    starts: Sequence[float], proposed_at: Mapping[str, float], reports: Iterable[ReportLine]
) -> dict[str, float]:
    """Seconds that each trial of `proposed_at` worked in those sessions, as its reports show.

    In each it began when the session did, or when it was proposed, and worked until its last
    report there.
    """
    signs: dict[str, list[float]] = {uid: [] for uid in proposed_at}
    for line in reports:
        if line.uid in signs:
            signs[line.uid].append(line.time)
    return {
        uid: sum(_lengths([max(start, proposed_at[uid]) for start in starts], times).values())
        for uid, times in signs.items()
    }


def _lengths(starts: Sequence[float], signs: Iterable[float]) -> dict[int, float]:
    """Seconds from each of `starts` to the last of `signs` before the next one."""
    lengths: dict[int, float] = {}
    for sign in signs:
        place = bisect_right(starts, sign) - 1
        if place >= 0:
            lengths[place] = max(lengths.get(place, 0.0), sign - starts[place])
    return lengths
