"""How trials stand: the history of the front, and what of it is written on each trial's run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pareto_search.fronts import colours
from pareto_search.fronts.configurations import Configuration
from pareto_search.fronts.front import beating_baseline, front_of, nondominated_rank, solutions
from pareto_search.fronts.growing import GrowingFront
from pareto_search.fronts.knee import knee
from pareto_search.fronts.ranking import hypervolume_rank
from pareto_search.objective import Objective, reference_losses, to_losses
from pareto_search.searchers.protocol import TrialState
from pareto_search.storage.journal import TrialRecord
from pareto_search.tracking.client import Measurement
from pareto_search.tracking.naming import to_ms

ON_FRONT = "pareto.on_front"
BEATS_BASELINE = "pareto.beats_baseline"
KNEE = "pareto.knee"
RANK = "pareto.rank"
COLOUR = "mlflow.runColor"
PLACE = "pareto/hypervolume_rank"
"""A metric, so that MLflow can sort by it: 1 is the best, see `fronts.ranking`."""


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


@dataclass(frozen=True, slots=True)
class Standing:
    """How one ended trial stands.

    `tags` tell whether it is on the front, better than the baselines, the knee, and its colour.
    `rank` (0 on the front) and `place` (1 is the best) change with nearly every other trial; a
    trial that is no solution has none.
    """

    tags: dict[str, str]
    rank: int | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """How the first `count` ended trials stand, `ordered` by their place; as of `time_ms`."""

    ordered: tuple[tuple[str, Standing], ...] = ()
    count: int = 0
    time_ms: int = 0


def order(records: Sequence[TrialRecord], objectives: Sequence[Objective]) -> Order:
    """How `records` (one at least) stand: the best places first, then those without one."""
    found = standings(records, objectives)
    places = sorted(found.items(), key=lambda item: item[1].place or len(found) + 1)
    return Order(tuple(places), len(records), ended_ms(records[-1]))


def standings(
    records: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> dict[str, Standing]:
    """How each of `records` stands; one that is no solution has a colour only.

    Of a repeated configuration the first trial stands for all; the others have its colour.
    """
    found = {r.uid: Standing({COLOUR: ended_colour(r)}) for r in records}
    front = front_of(records, objectives)
    deepest = knee(front.losses) if len(front) else None
    chosen = None if deepest is None else front.members[deepest].uid
    members = {record.uid for record in front.members}
    better = set(beating_baseline(records, objectives))
    solved = solutions(records, objectives)
    losses = to_losses([one.mean.values for one in solved], objectives)
    ranks = nondominated_rank(losses)
    places = hypervolume_rank(losses, reference_losses(objectives))
    for one, rank, place in zip(solved, ranks, places, strict=True):
        uid = one.mean.uid
        colour = _colour(one, uid in members, uid == chosen)
        found |= {trial.uid: Standing({COLOUR: colour}) for trial in one.trials}
        tags = {
            ON_FRONT: _flag(uid in members),
            BEATS_BASELINE: _flag(uid in better),
            KNEE: _flag(uid == chosen),
            COLOUR: colour,
        }
        found[uid] = Standing(tags, int(rank), int(place))
    return found


def ended_colour(record: TrialRecord) -> str:
    """The colour of a trial that is no solution; of another one, as if it were dominated."""
    if record.state is TrialState.STOPPED:
        return colours.STOPPED
    if record.state is TrialState.FAILED:
        return colours.FAILED
    return colours.CONSTRAINED if record.is_constrained else colours.DOMINATED


def ended_ms(record: TrialRecord) -> int:
    """When the trial ended, in milliseconds since the epoch.

    Journals of old do not say: there it is a lower bound, as if the trial had never waited.
    """
    return to_ms(record.ended_at or record.proposal.proposed_at + record.elapsed_s)


def _colour(one: Configuration, is_member: bool, is_knee: bool) -> str:
    if one.mean.proposal.baseline:
        return colours.BASELINE
    if is_knee:
        return colours.KNEE
    return colours.FRONT if is_member else colours.DOMINATED


def _flag(value: bool) -> str:
    return "true" if value else "false"
