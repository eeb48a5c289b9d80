"""Which part of a sweep's budget is used up, from what is known of its trials and the clock."""

from collections.abc import Iterator, Sequence

from pareto_search.fronts.growing import GrowingFront
from pareto_search.recipe.config import SweepConfig
from pareto_search.storage.journal import TrialRecord

_HOUR_S = 3600.0


class Budget:
    """Says whether the budget of `config` is used up. Held: how the front grew, trial by trial."""

    def __init__(self, config: SweepConfig) -> None:
        self._config = config
        self._front = GrowingFront(config.objectives, config.seeds.repeats)
        self._volumes = [0.0]

    @property
    def counts_work(self) -> bool:
        """Whether a part of it is hours of its trials' work."""
        budget = self._config.budget
        return budget.gpu_hours is not None or budget.cpu_hours is not None

    def used_up(
        self, records: Sequence[TrialRecord], elapsed_s: float, worked_s: float
    ) -> str | None:
        """The part that is used up, as a sentence with the numbers; None where none is yet.

        `records` are the finished trials in the order in which they ended, of which each call may
        bring more; the sweep has run for `elapsed_s` seconds, and its trials worked for `worked_s`
        seconds in all.
        """
        return next(self._reasons(records, elapsed_s, worked_s), None)

    def _reasons(
        self, records: Sequence[TrialRecord], elapsed_s: float, worked_s: float
    ) -> Iterator[str]:
        budget, resources = self._config.budget, self._config.resources
        if len(records) >= budget.trials:
            yield f"budget.trials: all {budget.trials} have ended."
        if budget.wall_time_s is not None and elapsed_s >= budget.wall_time_s:
            yield f"budget.wall_time: it ran for {_time(elapsed_s)} of {_time(budget.wall_time_s)}."
        for name, limit, number in (
            ("gpu", budget.gpu_hours, resources.gpu),
            ("cpu", budget.cpu_hours, resources.cpu),
        ):
            hours = worked_s / _HOUR_S * number
            if limit is not None and hours >= limit:
                yield f"budget.{name}_hours: its trials took {hours:.4g} of {limit:g}."
        yield from self._stagnation(records)

    def _stagnation(self, records: Sequence[TrialRecord]) -> Iterator[str]:
        """Never while the volume is 0: nothing better than the reference point was found yet."""
        stagnation = self._config.budget.stagnation
        if stagnation is None:
            return
        for record in records[self._front.count :]:
            self._front.add(record)
            self._volumes.append(self._front.volume)
        number, now = stagnation.trials, self._volumes[-1]
        if len(self._volumes) > number and now > 0:
            rise = (now - self._volumes[-1 - number]) / now
            if rise <= stagnation.tolerance:
                yield (
                    f"budget.stagnation: the hypervolume, now {now:.4g}, rose by {rise:.2%} over "
                    f"the last {number} trials."
                )


def _time(seconds: float) -> str:
    return f"{seconds / _HOUR_S:.3g} h" if seconds >= _HOUR_S else f"{seconds:.3g} s"
