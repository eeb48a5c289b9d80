"""What a scheduler is shown of a sweep's trials, while they run and again after a resume."""

import math
from collections.abc import Mapping, Sequence

from pareto_search.objective import Objective
from pareto_search.schedulers import Scheduler, Verdict
from pareto_search.storage.directory import SweepDirectory
from pareto_search.storage.reports import ReportLine

_Told = tuple[float, str, tuple[int, dict[str, float]] | None]


class Judge:
    """Shows `scheduler` the losses of each report, once a step. Held: each trial's last step.

    A report that lacks an objective, or whose losses are not finite, is never judged. Without a
    scheduler every trial goes on.
    """

    def __init__(self, scheduler: Scheduler | None, objectives: Sequence[Objective]) -> None:
        self._scheduler = scheduler
        self._objectives = objectives
        self._last: dict[str, int] = {}
        self._stopped: set[str] = set()

    def restore(self, directory: SweepDirectory) -> list[str]:
        """Tell the scheduler of everything on disk, in the order in which it happened.

        Returns the trials that it had stopped, but whose end nobody came to record.
        """
        if self._scheduler is None:
            return []
        records = {record.uid: record for record in directory.records()}
        told: list[_Told] = [
            (line.time, line.uid, self._shown(line)) for line in directory.reports.each()
        ]
        told += [(record.ended_at, record.uid, None) for record in records.values()]
        for _, uid, shown in sorted(told, key=_when):
            if shown is None:
                self.ended(uid)
            else:
                self.judge(uid, *shown)
        return sorted(self._stopped - records.keys())

    def _shown(self, line: ReportLine) -> tuple[int, dict[str, float]]:
        """What is judged of `line`: of a million, all metrics would fill the memory."""
        names = (objective.name for objective in self._objectives)
        return line.step, {name: line.metrics[name] for name in names if name in line.metrics}

    def judge(self, uid: str, step: int, metrics: Mapping[str, float]) -> Verdict:
        """What becomes of trial `uid`, which has reported `metrics` at `step`."""
        if self._scheduler is None:
            return Verdict.CONTINUE
        losses = [o.loss(metrics.get(o.name, math.nan)) for o in self._objectives]
        if step <= self._last.get(uid, -1) or not all(map(math.isfinite, losses)):
            return Verdict.CONTINUE
        self._last[uid] = step
        verdict = self._scheduler.judge(uid, step, losses)
        if verdict is Verdict.STOP:
            self._stopped.add(uid)
        return verdict

    def has_stopped(self, uid: str) -> bool:
        """Whether trial `uid` was stopped."""
        return uid in self._stopped

    def ended(self, uid: str) -> None:
        """Trial `uid` has ended."""
        if self._scheduler is not None:
            self._scheduler.ended(uid)


def _when(event: _Told) -> float:
    return event[0]
