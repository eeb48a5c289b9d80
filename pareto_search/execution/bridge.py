"""Ray Tune's callback: what trials report and how they end, for the ledger."""

from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.experiment import Trial
from ray.tune.progress_reporter import TrialProgressCallback

from pareto_search.execution.dropping import Dropper
from pareto_search.execution.trainable import FAILURE, LEAVING, UNREAD, UNSHARED
from pareto_search.execution.unkept import Unkept
from pareto_search.trials.judging import Judge
from pareto_search.trials.ledger import Ledger

KEPT_CHECKPOINTS = 2
"""Checkpoints kept of a trial: the last, and one before it in case that one is cut short."""

_MOVES = 20
"""Times that a trial is begun again, without a retry spent, where a node is unfit for it."""


class LedgerCallback(Unkept, tune.Callback):
    """Tells the ledger what trials report and how they end, and drops old checkpoints."""

    def __init__(self, ledger: Ledger, judge: Judge) -> None:
        self._ledger = ledger
        self._judge = judge
        self._checkpoints: dict[str, list[Path]] = {}
        self._dropper = Dropper()

    def on_trial_start(
        self,
        iteration: int,  # noqa: ARG002  Tune's signature
        trials: list[Trial],  # noqa: ARG002
        trial: Trial,
        **info: Any,  # noqa: ANN401, ARG002
    ) -> None:
        """The trial has its worker."""
        self._ledger.start(trial.config["uid"])

    def on_trial_result(
        self,
        iteration: int,  # noqa: ARG002  Tune's signature
        trials: list[Trial],  # noqa: ARG002
        trial: Trial,
        result: dict[str, Any],
        **info: Any,  # noqa: ANN401, ARG002
    ) -> None:
        """A report, the failure that ended the trial, or that it leaves its machine."""
        uid = trial.config["uid"]
        if FAILURE in result:
            failure = result[FAILURE]
            self._keep_traceback(uid, failure["traceback"])
            self._ledger.fail(
                uid,
                failure["error"],
                is_infeasible=failure["infeasible"],
                is_lost=failure["lost"],
            )
        elif "metrics" in result:
            checkpoint = self._checkpoint(trial, result)
            self._ledger.report(uid, result["step"], result["metrics"], checkpoint)
        elif LEAVING in result:
            self._ledger.leave(uid, self._checkpoint(trial, result))
            trial.max_failures += 1  # its worker ends as a lost one does, and that is no failure

    def on_trial_complete(
        self,
        iteration: int,  # noqa: ARG002
        trials: list[Trial],  # noqa: ARG002
        trial: Trial,
        **info: Any,  # noqa: ANN401, ARG002
    ) -> None:
        """The trainable returned, or said why it failed, or the scheduler stopped it."""
        uid = trial.config["uid"]
        self._ledger.finish(uid, is_stopped=self._judge.has_stopped(uid))

    def on_trial_error(
        self,
        iteration: int,  # noqa: ARG002
        trials: list[Trial],  # noqa: ARG002
        trial: Trial,
        **info: Any,  # noqa: ANN401, ARG002
    ) -> None:
        """The worker was lost more often than the recipe lets Ray retry."""
        uid = trial.config["uid"]
        cause = _cause(trial)
        self._keep_traceback(uid, cause)
        if _is_of_node(cause):  # it ends no trial: this one is due again when the sweep goes on
            return
        retries = self._ledger.config.failures.retries
        last = (cause.strip().splitlines() or ["no cause given"])[-1]
        message = f"The worker was lost and {retries} retries are spent: {last}"
        self._ledger.fail(uid, message, is_lost=True)
        self._ledger.finish(uid)

    def on_trial_recover(
        self,
        iteration: int,  # noqa: ARG002
        trials: list[Trial],  # noqa: ARG002
        trial: Trial,
        **info: Any,  # noqa: ANN401, ARG002
    ) -> None:
        """The worker was lost and another is sought: no retry is spent on an unfit node."""
        most = self._ledger.config.failures.retries + _MOVES
        if _is_of_node(_cause(trial)) and trial.max_failures < most:
            trial.max_failures += 1

    def on_experiment_end(self, trials: list[Trial], **info: Any) -> None:  # noqa: ANN401, ARG002
        """There are no more trials: what is being dropped is gone when this returns."""
        self._dropper.close()

    def _checkpoint(self, trial: Trial, result: dict[str, Any]) -> Path | None:
        name = result.get("checkpoint_dir_name")
        if not name or trial.storage is None:
            return None
        place = Path(str(trial.storage.trial_fs_path), name)
        kept = self._kept(trial.config["uid"])
        kept.append(place)
        # CheckpointConfig(num_to_keep) would write Tune's whole state at every second checkpoint
        while len(kept) > KEPT_CHECKPOINTS:
            self._dropper.drop(kept.pop(0))
        return place

    def _kept(self, uid: str) -> list[Path]:
        """The checkpoints of trial `uid` that are on disk, with the one it was resumed from."""
        if uid not in self._checkpoints:
            before = self._ledger.checkpoint_of(uid)
            self._checkpoints[uid] = [Path(before)] if before else []
        return self._checkpoints[uid]

    def _keep_traceback(self, uid: str, text: str) -> None:
        folder = self._ledger.directory.path / "failures"
        folder.mkdir(exist_ok=True)
        (folder / f"{uid}.txt").write_text(text)


class Silence(Unkept, TrialProgressCallback):
    """In place of the callback by which Tune prints trials: stdout is for results alone."""

    def on_trial_result(self, *_: object, **info: Any) -> None:  # noqa: ANN401
        """Nothing is printed."""

    def on_trial_complete(self, *_: object, **info: Any) -> None:  # noqa: ANN401
        """Nothing is printed."""

    def on_trial_error(self, *_: object, **info: Any) -> None:  # noqa: ANN401
        """Nothing is printed."""


def _cause(trial: Trial) -> str:
    """What Tune wrote about the last failure of `trial`; `get_error` looks where it is not yet."""
    file = trial.error_file
    return Path(file).read_text() if file and Path(file).exists() else ""


def _is_of_node(cause: str) -> bool:
    """Whether the node is to blame: it does not share the storage, as Tune says, or lacks data."""
    return any(text in cause for text in ("Unable to set up cluster storage", UNREAD, UNSHARED))
