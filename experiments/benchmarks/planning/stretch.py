"""A stretch of a long sweep, event by event: every object of ours that Tune's loop calls."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from driving.rows import Row, quantiles

from pareto_search.recipe.config import SearcherConfig
from pareto_search.searchers.prefetch import Prefetch
from pareto_search.searchers.problem import problem_of
from pareto_search.searchers.registry import make_searcher
from pareto_search.simulation.clock import VirtualClock
from pareto_search.sweep.watching import Watch
from pareto_search.trials.asking import InlineAsker
from pareto_search.trials.judging import Judge
from pareto_search.trials.ledger import Ledger
from planning.flushing import Flush, VirtualRecorder
from planning.history import APART_S, write_history
from planning.training import EPOCHS, Training, pace_of


@dataclass(frozen=True, slots=True)
class Case:
    """What is planned for: workers, seconds an epoch by median, trials that have ended before.

    `every` epochs there is a report. `request_s` and `metric_s` are what a tracking server takes
    for a request and for a metric in it.
    """

    workers: int
    epoch_s: float
    ended: int
    seconds: float
    request_s: float
    metric_s: float
    every: int = 1
    interval_s: float = 2.0


def stretch(case: Case) -> Row:
    """What `case.seconds` of virtual time cost the driver, once all workers work.

    Trials are at random epochs, so as many end and begin as on average. The searcher is a random
    one in this process: a real one is asked in a process of its own. Nothing is slept for; costs
    are processor time of this thread, so without what the disk takes to sync.
    """
    problem = Training(case.epoch_s)
    with tempfile.TemporaryDirectory() as folder:
        directory = write_history(Path(folder) / "sweep", problem, case.ended)
        config = problem.config(10**6, SearcherConfig(engine="optuna", kind="random"))
        clock = VirtualClock(APART_S * case.ended + 10.0)
        searcher = make_searcher(config.searcher, problem_of(config), 0)
        ledger = Ledger(directory, config, InlineAsker(searcher), clock=clock)
        ledger.restore()
        loop = _Loop(case, problem, ledger, clock)
        loop.employ()
        recorder = VirtualRecorder(
            directory, config, clock, case.request_s, case.metric_s, case.interval_s,
            lambda: loop.reports,
        )  # fmt: skip
        return _measured(case, loop, recorder, clock)


def _measured(case: Case, loop: "_Loop", recorder: VirtualRecorder, clock: VirtualClock) -> Row:
    directory = loop.ledger.directory
    before = _sizes(directory.path)
    begun, ended = loop.begun, len(loop.ledger.records)
    loop.costs_s.clear()
    clock.at(clock.now, recorder.flush)
    began = clock.now
    while clock.now < began + case.seconds and clock.advance():
        pass
    seconds = clock.now - began
    after = _sizes(directory.path)
    flushes = recorder.flushes
    return {
        "virtual_s": round(seconds, 1),
        "results_a_s": round(loop.reports / seconds, 3),
        "starts_a_s": round((loop.begun - begun) / seconds, 4),
        "ends_a_s": round((len(loop.ledger.records) - ended) / seconds, 4),
        "event": quantiles(loop.costs_s),
        "event_mean_ms": round(1e3 * float(np.mean(loop.costs_s)), 4),
        "loop_share": round(sum(loop.costs_s) / seconds, 5),
        "bytes_a_s": {name: round((after[name] - before[name]) / seconds, 1) for name in after},
        "flushes": len(flushes),
        "flush_cpu": quantiles([flush.cpu_s for flush in flushes]),
        "recorder_share": round(sum(flush.cpu_s for flush in flushes) / seconds, 5),
        "requests_a_s": round(sum(flush.requests for flush in flushes) / seconds, 2),
        "metrics_a_s": round(sum(flush.metrics for flush in flushes) / seconds, 1),
        "cycle": quantiles([flush.took_s + case.interval_s for flush in flushes]),
        "busy_share": round(sum(flush.took_s for flush in flushes) / seconds, 4),
        "falling_a_s": _falling(flushes),
    }


def _falling(flushes: Sequence[Flush]) -> float:
    """By how many reports a second the recorder falls behind, over the later half; 0 where not."""
    later = flushes[len(flushes) // 2 :]
    if len(later) < 2:
        return 0.0
    slope = (later[-1].behind - later[0].behind) / (later[-1].at - later[0].at)
    return round(max(0.0, slope), 2)


def _sizes(path: Path) -> dict[str, int]:
    names = ("journal", "reports")
    return {name: (path / f"{name}.jsonl").stat().st_size for name in names}


@dataclass(slots=True)
class _Loop:
    """What Tune's loop does for each event, less Tune. Held: what each event cost, and counts."""

    case: Case
    problem: Training
    ledger: Ledger
    clock: VirtualClock
    costs_s: list[float] = field(default_factory=list)
    reports: int = 0
    begun: int = 0
    _search: Any = field(init=False)
    _callback: Any = field(init=False)
    _stop: Callable[[], bool] = field(init=False)
    _draw: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        from pareto_search.execution.bridge import LedgerCallback
        from pareto_search.execution.stopping import SweepStopper
        from pareto_search.execution.suggesting import LedgerSearch

        watch = Watch(self.ledger, SimpleNamespace(is_set=False))  # type: ignore[arg-type]
        ends = lambda: watch.ending() is not None  # noqa: E731
        self._search = LedgerSearch(self.ledger, lambda: self.case.workers, Prefetch("auto"), ends)
        self._callback = LedgerCallback(self.ledger, Judge(None, self.ledger.config.objectives))
        stopper = SweepStopper(ends)
        self._stop = stopper.stop_all
        self._draw = np.random.default_rng(0)

    def employ(self) -> None:
        """All workers get a trial, each at an epoch of its own."""
        for _ in range(self.case.workers):
            self._begin(int(self._draw.integers(EPOCHS // self.case.every)), self._draw.random())

    def _begin(self, done: int = 0, share: float = 1.0) -> None:
        assignment = self._search.suggest("")
        if not isinstance(assignment, dict):
            return
        place = SimpleNamespace(trial_fs_path=self.ledger.directory.path / "ray" / "t")
        trial = SimpleNamespace(config=assignment, storage=place)
        self._callback.on_trial_start(0, [], trial)
        self.begun += 1
        pause_s = self.case.every * self.case.epoch_s * pace_of(self.begun)
        self.clock.at(self.clock.now + share * pause_s, self._next(trial, done + 1, pause_s))

    def _next(self, trial: Any, number: int, pause_s: float) -> Callable[[float], None]:
        return lambda _at: self._event(trial, number, pause_s)

    def _event(self, trial: Any, number: int, pause_s: float) -> None:
        """A report, and what Tune asks of us before it waits for the next event."""
        step = number * self.case.every
        metrics = self.problem.evaluate(trial.config["point"], step, number)
        name = f"checkpoint_{step:06d}"
        result = {"step": step, "metrics": metrics, "checkpoint_dir_name": name}
        is_last = number >= EPOCHS // self.case.every
        began = time.thread_time()
        self._callback.on_trial_result(0, [], trial, result)
        if is_last:
            self._callback.on_trial_complete(0, [], trial)
        self._begin()
        self._stop()
        self.costs_s.append(time.thread_time() - began)
        self.reports += 1
        if not is_last:
            self.clock.at(self.clock.now + pause_s, self._next(trial, number + 1, pause_s))
