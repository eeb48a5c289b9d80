"""Ray Tune's view of the ledger: a search algorithm, a callback and a stopper.

Each only translates. Tune pickles all three into snapshots that nobody reads, since the journal
is the state: what is pickled of them is nothing.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.experiment import Trial
from ray.tune.search import Searcher as TuneSearcher

from pareto_search.execution.trainable import FAILURE
from pareto_search.trials.asking import Pending
from pareto_search.trials.ledger import Ledger

KEPT_CHECKPOINTS = 2
"""Checkpoints kept of a trial: the last, and one before it in case that one is cut short."""


class _Unkept:
    """Leaves nothing of its object in a pickle."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class LedgerSearch(_Unkept, TuneSearcher):
    """Hands the ledger's proposals to Tune, at most `concurrent` at once.

    Endings go to the ledger through `LedgerCallback`, which knows the error of a lost trial.
    """

    def __init__(self, ledger: Ledger, concurrent: int | None) -> None:
        super().__init__()
        self._ledger = ledger
        self._concurrent = concurrent
        self._handed: set[str] = set()

    def suggest(  # type: ignore[override]  # Tune's annotation leaves FINISHED out
        self,
        trial_id: str,  # noqa: ARG002  Tune's name
    ) -> dict[str, Any] | str | None:
        """The next assignment; None: wait; FINISHED: there will be no more."""
        at_work = sum(uid in self._ledger.running for uid in self._handed)
        if self._concurrent is not None and at_work >= self._concurrent:
            return None
        proposal = self._ledger.propose()
        if proposal is None:
            return str(TuneSearcher.FINISHED)
        if isinstance(proposal, Pending):
            return None
        self._handed.add(proposal.uid)
        return {
            "uid": proposal.uid,
            "point": dict(proposal.point),
            "repeat": proposal.repeat,
            "checkpoint": self._ledger.checkpoint_of(proposal.uid),
        }

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing: see `LedgerCallback`."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal is the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the journal is the state."""


class LedgerCallback(_Unkept, tune.Callback):
    """Tells the ledger what trials report and how they end, and drops old checkpoints."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._checkpoints: dict[str, list[Path]] = {}

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
        """A report, or the failure that ended the trial."""
        uid = trial.config["uid"]
        if FAILURE in result:
            failure = result[FAILURE]
            self._keep_traceback(uid, failure["traceback"])
            self._ledger.fail(uid, failure["error"], is_infeasible=failure["infeasible"])
        elif "metrics" in result:
            checkpoint = self._checkpoint(trial, result)
            self._ledger.report(uid, result["step"], result["metrics"], checkpoint)

    def on_trial_complete(
        self,
        iteration: int,  # noqa: ARG002
        trials: list[Trial],  # noqa: ARG002
        trial: Trial,
        **info: Any,  # noqa: ANN401, ARG002
    ) -> None:
        """The trainable returned, or said why it failed."""
        self._ledger.finish(trial.config["uid"])

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
        retries = self._ledger.config.failures.retries
        last = (cause.strip().splitlines() or ["no cause given"])[-1]
        message = f"The worker was lost and {retries} retries are spent: {last}"
        self._ledger.fail(uid, message, is_lost=True)
        self._ledger.finish(uid)

    def _checkpoint(self, trial: Trial, result: dict[str, Any]) -> Path | None:
        name = result.get("checkpoint_dir_name")
        if not name or trial.storage is None:
            return None
        place = Path(str(trial.storage.trial_fs_path), name)
        kept = self._kept(trial.config["uid"])
        kept.append(place)
        # CheckpointConfig(num_to_keep) would write Tune's whole state at every second checkpoint
        while len(kept) > KEPT_CHECKPOINTS:
            shutil.rmtree(kept.pop(0), ignore_errors=True)
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


def _cause(trial: Trial) -> str:
    """What Tune wrote about the last failure of `trial`; `get_error` looks where it is not yet."""
    file = trial.error_file
    return Path(file).read_text() if file and Path(file).exists() else ""


class SweepStopper(_Unkept, tune.Stopper):
    """Ends the whole sweep as soon as `should_stop` says so; never one trial."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:  # noqa: ARG002
        """False: trials are not stopped one by one here."""
        return False

    def stop_all(self) -> bool:
        """Whether the sweep is to end now."""
        return self._should_stop()
