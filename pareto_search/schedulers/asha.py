"""Ray's own asynchronous successive halving, on one objective, behind our seam.

Li, Jamieson, Rostamizadeh, Gonina, Hardt, Recht and Talwalkar (2020), A system for massively
parallel hyperparameter tuning, MLSys 2, arXiv:1810.05934.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ray.tune.schedulers import AsyncHyperBandScheduler, TrialScheduler

from pareto_search.recipe.scheduling import SchedulerConfig
from pareto_search.schedulers.protocol import Verdict


class _Named(NamedTuple):
    """All that Ray's scheduler reads of a trial."""

    trial_id: str


class AshaScheduler:
    """Stops a trial whose loss at a rung is outside the best ``1 / reduction`` seen there.

    Rungs are at ``grace * reduction ** k`` steps, k = 0, 1, ..., below `max_steps`. Held: Ray's
    scheduler, with the losses at each rung, and the trials it knows.

    One bracket is used: for several, Ray would draw from numpy's global generator, and no resume
    could repeat the draw.
    """

    def __init__(self, config: SchedulerConfig, place: int) -> None:
        """Judge by the objective at `place` of the losses."""
        self._place = place
        self._max_steps = config.max_steps
        self._known: set[str] = set()
        self._scheduler: Any = AsyncHyperBandScheduler(
            time_attr="step",
            metric="loss",
            mode="min",
            max_t=config.max_steps,
            grace_period=config.grace,
            reduction_factor=config.reduction,
            stop_last_trials=False,
        )

    def judge(self, uid: str, step: int, losses: Sequence[float]) -> Verdict:
        """Whether trial `uid` is among the best at the rung it has reached, if it reached one.

        At `max_steps` a trial is complete, and is not stopped.
        """
        if step >= self._max_steps:
            return Verdict.CONTINUE
        if uid not in self._known:
            self._known.add(uid)
            self._scheduler.on_trial_add(None, _Named(uid))
        result = {"step": step, "loss": losses[self._place]}
        action = self._scheduler.on_trial_result(None, _Named(uid), result)
        return Verdict.STOP if action == TrialScheduler.STOP else Verdict.CONTINUE

    def ended(self, uid: str) -> None:
        """Forget trial `uid`, not its losses."""
        if uid in self._known:
            self._known.remove(uid)
            self._scheduler.on_trial_remove(None, _Named(uid))
