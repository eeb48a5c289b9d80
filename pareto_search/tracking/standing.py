"""How trials stand: the history of the front, and the tags that follow from it."""

from collections.abc import Iterable, Sequence

from pareto_search.fronts.front import beating_baseline, complete_trials, front_of
from pareto_search.fronts.growing import GrowingFront
from pareto_search.fronts.knee import knee
from pareto_search.objective import Objective
from pareto_search.storage.journal import TrialRecord
from pareto_search.tracking.client import Measurement
from pareto_search.tracking.naming import to_ms

ON_FRONT = "pareto.on_front"
BEATS_BASELINE = "pareto.beats_baseline"
KNEE = "pareto.knee"


class FrontHistory:
    """Holds the front of the trials added so far, and how many were added.

    The same trials in the same order give the same measurements to the last digit, so a history
    that is written twice is one history in the store.
    """

    def __init__(self, objectives: Sequence[Objective], repeats: int = 1) -> None:
        """Begin with no trial; each configuration is to have `repeats`."""
        self._front = GrowingFront(objectives, repeats)

    @property
    def count(self) -> int:
        """How many trials were added."""
        return self._front.count

    def add(self, records: Iterable[TrialRecord]) -> list[Measurement]:
        """Hypervolume and front size after each of `records`; the step counts ended trials."""
        return [point for record in records for point in self._add(record)]

    def _add(self, record: TrialRecord) -> list[Measurement]:
        self._front.add(record)
        time_ms, volume = ended_ms(record), float(f"{self._front.volume:.12g}")
        return [
            Measurement("hypervolume", volume, time_ms, self.count),
            Measurement("front_size", float(len(self._front)), time_ms, self.count),
        ]


def standings(
    records: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> dict[str, dict[str, str]]:
    """The tags of each complete trial: on the front, better than the baselines, the knee."""
    front = front_of(records, objectives)
    deepest = knee(front.losses) if len(front) else None
    members = {record.uid for record in front.members}
    better = set(beating_baseline(records, objectives))
    chosen = None if deepest is None else front.members[deepest].uid
    return {
        record.uid: {
            ON_FRONT: _flag(record.uid in members),
            BEATS_BASELINE: _flag(record.uid in better),
            KNEE: _flag(record.uid == chosen),
        }
        for record in complete_trials(records, objectives)
    }


def ended_ms(record: TrialRecord) -> int:
    """When the trial ended, in milliseconds since the epoch.

    Journals of old do not say: there it is a lower bound, as if the trial had never waited.
    """
    return to_ms(record.ended_at or record.proposal.proposed_at + record.elapsed_s)


def _flag(value: bool) -> str:
    return "true" if value else "false"
