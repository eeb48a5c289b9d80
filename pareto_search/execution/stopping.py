"""What stops trials, for Ray Tune: one by one as the scheduler says, and all at the sweep's end."""

from collections.abc import Callable
from typing import Any

from ray import tune
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from pareto_search.execution.unkept import Unkept
from pareto_search.schedulers import Verdict
from pareto_search.trials.judging import Judge

_METRICS = "metrics/"


class JudgingScheduler(Unkept, FIFOScheduler):
    """Lets `judge` decide on every report, and starts trials in their order."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._judge = judge

    def on_trial_result(
        self,
        tune_controller: Any,  # noqa: ANN401, ARG002  Tune's signature
        trial: Trial,
        result: dict[str, Any],
    ) -> str:
        """Whether `trial` goes on; Tune has flattened its metrics to ``metrics/NAME``."""
        if "step" not in result:
            return str(TrialScheduler.CONTINUE)
        metrics = {
            key.removeprefix(_METRICS): value
            for key, value in result.items()
            if key.startswith(_METRICS)
        }
        verdict = self._judge.judge(trial.config["uid"], result["step"], metrics)
        stop = verdict is Verdict.STOP
        return str(TrialScheduler.STOP if stop else TrialScheduler.CONTINUE)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:  # noqa: ANN401, ARG002
        """The trial has ended, whole or stopped."""
        self._judge.ended(trial.config["uid"])

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:  # noqa: ANN401, ARG002
        """The trial has failed."""
        self._judge.ended(trial.config["uid"])

    def choose_trial_to_run(self, tune_controller: Any) -> None:  # noqa: ANN401
        """None in particular: Tune starts them in turn, without looking at every trial for it."""


class SweepStopper(Unkept, tune.Stopper):
    """Ends the whole sweep as soon as `should_stop` says so; never one trial."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:  # noqa: ARG002
        """False: trials are not stopped one by one here."""
        return False

    def stop_all(self) -> bool:
        """Whether the sweep is to end now."""
        return self._should_stop()
