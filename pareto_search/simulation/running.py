"""A sweep on simulated workers: the ledger decides, the virtual clock lets trials happen."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pareto_search.schedulers import Verdict
from pareto_search.simulation.asking import VirtualAsker, wake
from pareto_search.simulation.clock import VirtualClock
from pareto_search.simulation.problem import InfeasiblePointError, SimulatedProblem
from pareto_search.simulation.setting import Setting
from pareto_search.simulation.trace import Event, EventKind, Trace
from pareto_search.storage.journal import Proposal
from pareto_search.trials.asking import Pending
from pareto_search.trials.judging import Judge
from pareto_search.trials.ledger import Ledger


def run_simulation(
    ledger: Ledger,
    asker: VirtualAsker,
    problem: SimulatedProblem,
    judge: Judge | None = None,
    is_over: Callable[[Ledger], bool] | None = None,
) -> Trace:
    """Run every trial that `ledger` has to run on the simulated workers of `asker`'s setting.

    As soon as `is_over` says so, all that run are stopped.

    The ledger's asker should be `asker` and its clock that of `asker`, which this advances. With
    decisions that are `free` the same arguments give the same trace, in every process.

    Raises:
        ValueError: the ledger goes by another asker or clock.
    """
    if ledger.asker is not asker or ledger.clock is not asker.clock:
        raise ValueError("The ledger should have the asker of the simulation, and its clock.")
    simulation = _Simulation(ledger, asker, problem, judge)
    simulation.run(is_over or _never)
    return simulation.trace


@dataclass(slots=True)
class _Trial:
    """A trial at work: on its worker since `since`, as if it had begun from nothing at `began`."""

    proposal: Proposal
    seed: int
    since: float = 0.0
    began: float = 0.0
    step: int = 0
    losses: int = 0


@dataclass(slots=True)
class _Simulation:
    """Holds the trials at work, how many workers are free, and whether the ledger has no more."""

    ledger: Ledger
    asker: VirtualAsker
    problem: SimulatedProblem
    judge: Judge | None
    setting: Setting = field(init=False)
    clock: VirtualClock = field(init=False)
    trace: Trace = field(init=False)
    idle: int = field(init=False)
    at_work: dict[str, _Trial] = field(default_factory=dict)
    has_no_more: bool = False

    def __post_init__(self) -> None:
        self.setting, self.clock = self.asker.setting, self.asker.clock
        self.trace = Trace(self.setting.workers, ask_s=self.asker.asked_s)
        self.idle = self.setting.workers

    def run(self, is_over: Callable[[Ledger], bool]) -> None:
        """Until nothing is left to happen, or it is over."""
        limit_s = self.ledger.config.budget.wall_time_s
        if limit_s is not None:
            self.clock.at(limit_s, wake)
        self._employ()
        while not is_over(self.ledger) and self.clock.advance():
            if not is_over(self.ledger):
                self._employ()
        for trial in list(self.at_work.values()):
            self._end(trial, self.clock.now, is_stopped=True)

    def _employ(self) -> None:
        """Give free workers what the ledger proposes, and have proposals made ahead of them."""
        while self.idle and not self.has_no_more:
            proposal, seconds = self.setting.timed(self.ledger.propose)
            if isinstance(proposal, Pending):
                return
            if proposal is None:
                self.has_no_more = True
                return
            self.trace.propose_s.append(seconds)
            self._start(proposal)
        if not self.has_no_more:
            self.ledger.prefetch(self.asker.ahead.number)

    def _start(self, proposal: Proposal) -> None:
        self.idle -= 1
        seed = _word(self.setting.seed, proposal.uid, 0)
        self.ledger.start(proposal.uid)
        self._note(EventKind.START, self.clock.now, proposal.uid)
        self.at_work[proposal.uid] = _Trial(proposal, seed)
        self._work(self.at_work[proposal.uid])

    def _work(self, trial: _Trial) -> None:
        """Put `trial` on a worker, to go on after its last step; it may be lost on the way."""
        reached = self._duration(trial, trial.step) if trial.step else 0.0
        trial.since = self.clock.now
        trial.began = trial.since - reached
        lost_s = self._lost_after(trial, self._duration(trial, self.problem.steps) - reached)
        self._next(trial, trial.since + lost_s)

    def _next(self, trial: _Trial, lost_at: float) -> None:
        due = trial.began + self._duration(trial, trial.step + 1)
        if lost_at < due:
            self.clock.at(lost_at, lambda at: self._lose(trial, at))
        else:
            self.clock.at(due, lambda at: self._report(trial, at, lost_at))

    def _report(self, trial: _Trial, at: float, lost_at: float) -> None:
        trial.step += 1
        uid, point = trial.proposal.uid, trial.proposal.point
        try:
            metrics = self.problem.evaluate(point, trial.step, trial.seed)
        except InfeasiblePointError as error:
            self.ledger.fail(uid, f"{type(error).__name__}: {error}", is_infeasible=True)
            self._end(trial, at)
            return
        self._note(EventKind.REPORT, at, uid, trial.step)
        is_stopped, seconds = self.setting.timed(lambda: self._hand_in(uid, trial.step, metrics))
        self.clock.spend(self.setting.result_cost(seconds))
        if is_stopped or trial.step == self.problem.steps:
            is_early = is_stopped and trial.step < self.problem.steps
            self._end(trial, at, is_stopped=is_early, seconds=seconds)
        else:
            self._next(trial, lost_at)

    def _hand_in(self, uid: str, step: int, metrics: dict[str, float]) -> bool:
        """Give the report to the ledger, and ask the scheduler; whether it stops the trial."""
        self.ledger.report(uid, step, metrics, None)
        if self.judge is None:
            return False
        return self.judge.judge(uid, step, metrics) is Verdict.STOP

    def _lose(self, trial: _Trial, at: float) -> None:
        """The worker is gone, and another comes in its place at once."""
        uid, retries = trial.proposal.uid, self.ledger.config.failures.retries
        trial.losses += 1
        self._note(EventKind.LOST, at, uid, trial.step)
        if trial.losses > retries:
            message = f"The worker was lost and {retries} retries are spent."
            self.ledger.fail(uid, message, is_lost=True)
            self._end(trial, at)
            return
        self.trace.work.append((trial.since, at))
        self._work(trial)

    def _end(
        self, trial: _Trial, at: float, *, is_stopped: bool = False, seconds: float = 0.0
    ) -> None:
        uid = trial.proposal.uid
        record, more = self.setting.timed(lambda: self.ledger.finish(uid, is_stopped=is_stopped))
        self.clock.spend(self.setting.result_cost(more))
        self.trace.result_s.append(seconds + more)
        self.trace.work.append((trial.since, at))
        self._note(EventKind.END, at, uid, trial.step)
        if record is not None:
            self.trace.records.append(record)
            self.asker.ahead.completed(record.elapsed_s, at)
        if self.judge is not None:
            self.judge.ended(uid)
        del self.at_work[uid]
        self.idle += 1

    def _duration(self, trial: _Trial, step: int) -> float:
        return self.problem.duration_s(trial.proposal.point, step, trial.seed)

    def _lost_after(self, trial: _Trial, left_s: float) -> float:
        """Seconds of work after which the worker is lost; infinite where it is not."""
        if not self.setting.loss_rate:
            return float("inf")
        word = _word(self.setting.seed, trial.proposal.uid, trial.losses + 1)
        is_lost, share = np.random.default_rng(word).random(2)
        return float(share * left_s) if is_lost < self.setting.loss_rate else float("inf")

    def _note(self, kind: EventKind, at: float, uid: str, step: int = 0) -> None:
        self.trace.events.append(Event(at, kind, uid, step))


def _never(_ledger: Ledger) -> bool:
    return False


def _word(seed: int, uid: str, place: int) -> int:
    """The seed of 32 bits of what is drawn for trial `uid` at `place`."""
    words = np.random.SeedSequence([seed, zlib.crc32(uid.encode()), place]).generate_state(1)
    return int(words[0])
